/**
 * What happens to a server, as values: logs, metrics and tests derive from them.
 *
 * @since 0.1.0
 */
import type { FrameErrorKind } from "@tidegate/codec/FrameError"
import * as Context from "effect/Context"
import type { Address } from "./Address.ts"
import type { TransportError } from "./Errors.ts"
import type { ShutdownReport } from "./ShutdownReport.ts"

/**
 * The one reason for which a connection ended.
 *
 * - `eof`: the peer ended, and everything it is owed was sent.
 * - `handled`: the handler finished first.
 * - `drained`: a drain let it finish its work. `idle`: a drain found it without work.
 * - `reset`: the peer's RST, or a write to a peer that is gone. `timeout`: the kernel gave the peer up.
 * - `stalled`: the peer did not take what waited for it, within the write stall timeout, or the close timeout at the end.
 * - `idle-timeout`, `first-byte-timeout`, `frame-timeout`, `half-close-timeout`, `max-age`: that deadline came, and the connection was
 *   drained for it.
 * - `broken-frame`: its bytes were no frames.
 * - `failed`: its handler failed, or the platform lost it in a way of its own. `aborted`: hard shutdown, or the drain's deadline.
 * - `closed`: somebody drained this one connection, with `Connection.close` or the server's `close`; `detail` is what they gave as
 *   their reason.
 *
 * @category models
 * @source FF-20, B83: exactly one for each connection
 * @since 0.1.0
 */
export type EndReason =
  | "eof"
  | "handled"
  | "drained"
  | "idle"
  | "reset"
  | "timeout"
  | "stalled"
  | "idle-timeout"
  | "first-byte-timeout"
  | "frame-timeout"
  | "half-close-timeout"
  | "max-age"
  | "broken-frame"
  | "failed"
  | "aborted"
  | "closed"

/**
 * Why a connection was shed: it was never served.
 *
 * - `limit`: the server was full. `peer limit`: its peer had as many as it may have.
 * - `waiting room full`, `waited too long`: there was no slot for it, nor room to wait, or not in time.
 * - `peer left`: while it waited its peer reset, or ended without having sent anything, or the connection failed. `shutdown`: a
 *   shutdown began while it waited.
 *
 * @category models
 * @since 0.1.0
 */
export type ShedBecause = "limit" | "peer limit" | "waiting room full" | "waited too long" | "peer left" | "shutdown"

/**
 * Why a connection was turned away before its admission: it was never served.
 *
 * - `untrusted peer`: it is none of those who may forward connections here; nothing of it was read. `bad header`: what it has sent
 *   is no PROXY header.
 * - `too many handshakes`: all places were taken, or it was silent for longest when another one came. `timeout`: its header was not
 *   complete in time.
 * - `peer left`: before its header was complete its peer reset or ended, or the connection failed. `shutdown`: a shutdown began
 *   meanwhile.
 *
 * @category models
 * @source FF-76, FF-77
 * @since 0.1.0
 */
export type HandshakeBecause =
  | "untrusted peer"
  | "too many handshakes"
  | "timeout"
  | "bad header"
  | "peer left"
  | "shutdown"

/**
 * An event of a server.
 *
 * **Shapes**
 *
 * - `ListenerOpened`: an address is bound, for the first time or again. `ListenerClosed`: it is left on purpose. `ListenerLost`: the
 *   listening socket has died; what comes next is the policy's. `AcceptFailed`: `consecutive` counts the errors in a row.
 * - `ConnectionOpened` and `ConnectionEnded` come in pairs for every connection that was served, whatever kills it.
 * - `ConnectionParked`: it waits for a slot; `ConnectionOpened` or `ConnectionShed` with the same id follows. `ConnectionShed`: it
 *   was turned away, and was never served.
 * - `HandshakeFailed`: a connection that was to begin with a PROXY header was turned away before its admission; no other event has
 *   its id. `peer` and `local` are the ends of the socket.
 * - `via`: where a PROXY header has told the peer, the peer of the socket: the balancer.
 * - `FrameRefused`: a codec has refused a frame of this connection: each one is told, also those of a peer that sends nothing else.
 *   `position`: where it begins in the connection's input. Nothing comes after a `fatal` one; any other is skipped.
 * - `Pressure`: so many connections are served that the threshold is reached; told again in every cooldown while that lasts.
 * - `DescriptorBudget`: more connections were asked for than there can be file descriptors: `limit` of the process, `open` when the
 *   server was made, `cap` in force.
 *
 * - `Suspended`: nobody is taken from now on. `Resumed`: connections are taken again.
 * - `GenerationBegan`: a restart put a new generation in force. `GenerationEnded`: the last connection of one that a restart had
 *   replaced is gone. The first generation begins with the server, and the last one ends with it.
 *
 * @category models
 * @since 0.1.0
 */
export type ServerEvent =
  | { readonly _tag: "ListenerOpened"; readonly address: Address }
  | { readonly _tag: "ListenerClosed"; readonly address: Address }
  | { readonly _tag: "ListenerLost"; readonly address: Address; readonly error: TransportError }
  | { readonly _tag: "AcceptFailed"; readonly error: TransportError; readonly consecutive: number }
  | {
      readonly _tag: "ConnectionOpened"
      readonly id: number
      readonly peer: Address
      readonly local: Address
      readonly via?: Address
      readonly generation: number
    }
  | {
      readonly _tag: "ConnectionEnded"
      readonly id: number
      readonly peer: Address
      readonly local: Address
      readonly via?: Address
      readonly reason: EndReason
      readonly detail?: string
      readonly bytesIn: number
      readonly bytesOut: number
      readonly milliseconds: number
    }
  | { readonly _tag: "GenerationBegan"; readonly generation: number }
  | {
      readonly _tag: "GenerationEnded"
      readonly generation: number
      readonly drained: number
      readonly idleClosed: number
      readonly aborted: number
    }
  | {
      readonly _tag: "ConnectionParked"
      readonly id: number
      readonly peer: Address
      readonly local: Address
      readonly via?: Address
    }
  | {
      readonly _tag: "ConnectionShed"
      readonly id: number
      readonly peer: Address
      readonly local: Address
      readonly via?: Address
      readonly because: ShedBecause
    }
  | {
      readonly _tag: "HandshakeFailed"
      readonly id: number
      readonly peer: Address
      readonly local: Address
      readonly because: HandshakeBecause
      readonly detail?: string
    }
  | {
      readonly _tag: "FrameRefused"
      readonly id: number
      readonly peer: Address
      readonly via?: Address
      readonly codec: string
      readonly kind: FrameErrorKind
      readonly position: number
      readonly fatal: boolean
    }
  | { readonly _tag: "Pressure"; readonly connections: number; readonly limit: number }
  | { readonly _tag: "DescriptorBudget"; readonly limit: number; readonly open: number; readonly cap: number }
  | { readonly _tag: "Suspended"; readonly address: Address }
  | { readonly _tag: "Resumed"; readonly address: Address }
  | { readonly _tag: "DrainBegan"; readonly connections: number }
  | { readonly _tag: "Stopped"; readonly report: ShutdownReport }

/**
 * What takes events.
 *
 * **Shapes**
 *
 * - `wants`: whether events of this kind are wanted now; asked before the two that every connection has, which then are not made at all.
 *   Without it all are. It must not throw either.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sink {
  (event: ServerEvent): void
  readonly wants?: (tag: ServerEvent["_tag"]) => boolean
}

/**
 * Where a server's events go; by default nowhere.
 *
 * **When to use**
 *
 * Provide it to the effect or layer that makes the server: `Effect.provideService(EventSink, (event) => …)`.
 *
 * **Shapes**
 *
 * - The function is called inside the server's own step, in the order of what happens. It must be quick and must not throw;
 *   what it throws is ignored, since no observer may end a connection.
 *
 * @see {@link Sink} for a sink that wants only some
 * @category references
 * @since 0.1.0
 */
export const EventSink = Context.Reference<Sink>("tidegate/Events/EventSink", {
  defaultValue: () => Object.assign(() => {}, { wants: () => false })
})

/** Tells of an event that is only made where somebody wants it. */
export type Tell = (tag: ServerEvent["_tag"], make: () => ServerEvent) => void

/** Whether a sink wants events of a kind; one that cannot say gets them. */
export const isWanted = (sink: Sink, tag: ServerEvent["_tag"]): boolean => {
  try {
    return sink.wants?.(tag) ?? true
  } catch {
    return true
  }
}

/** Calls a sink so that nothing it does can disturb the server. */
export const safely =
  (sink: (event: ServerEvent) => void) =>
  (event: ServerEvent): void => {
    try {
      sink(event)
    } catch {
      // an observer's defect is its own: see EventSink
    }
  }
