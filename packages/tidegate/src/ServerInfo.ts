/**
 * What can be seen of a server at a glance.
 *
 * @since 0.1.0
 */
import type { Address } from "./Address.ts"
import type { FrameErrorCounts } from "./FrameErrorCounts.ts"
import type { GenerationInfo } from "./GenerationInfo.ts"
import type { ServerState } from "./ServerState.ts"
import type { DescriptorBudget } from "./Transport.ts"

/**
 * A glance at a server.
 *
 * **Shapes**
 *
 * - `isReady`: whether it wants to be sent clients. `address`: where it listens, or did so last; `undefined` before it has.
 * - `connections`: live ones. `inFlight`: frames whose reply is owed. `accepted`, `ended`: over the whole life. `shed`: turned
 *   away because of a limit, or because too many were waiting to be taken.
 * - `handshaking`: connections whose PROXY header is awaited. `handshakesFailed`: turned away before their admission, over the whole
 *   life. Neither are in any other number.
 * - `generation`: the newest one. `generations`: all that are not gone yet, the oldest first.
 * - `limit`: connections served at once, at most: `maxConnections`, as far as there are file descriptors. `parked`: connections that
 *   wait for a slot. `descriptors`: as they are now, or were within the last second; `undefined` where the transport has none to
 *   run out of.
 * - `frameErrors`: frames that codecs have refused, by kind, over the whole life: those that ended their connection, and those that
 *   were skipped. What a handler's own reply was refused for is in none of them.
 * - `abortedBeforeAccept`: connections whose peer was gone before the server could learn who it was; probes of a balancer look so.
 *   They are in no other number.
 *
 * @category models
 * @source B80, FF-24
 * @since 0.1.0
 */
export interface ServerInfo {
  readonly name: string
  readonly state: ServerState
  readonly isReady: boolean
  readonly address: Address | undefined
  readonly connections: number
  readonly generation: number
  readonly generations: ReadonlyArray<GenerationInfo>
  readonly inFlight: number
  readonly accepted: number
  readonly ended: number
  readonly shed: number
  readonly abortedBeforeAccept: number
  readonly limit: number
  readonly parked: number
  readonly handshaking: number
  readonly handshakesFailed: number
  readonly frameErrors: FrameErrorCounts
  readonly descriptors: DescriptorBudget | undefined
}
