/**
 * What peers are told, and what they tell.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import { type Address, format, type InetEndpoint } from "tidegate/Address"
import type { SocketOptions } from "tidegate/Transport"
import { badOption } from "../BadOption.ts"

/**
 * Where a peer dials: an endpoint, or the address that a server or listener has reported.
 *
 * @category models
 * @since 0.1.0
 */
export type Target = InetEndpoint | Address

/**
 * What to send; a text is sent as UTF-8.
 *
 * @category models
 * @since 0.1.0
 */
export type Bytes = Uint8Array | string

/**
 * How long to wait: a duration on the current clock, or an effect that ends when it is time.
 *
 * **When to use**
 *
 * Durations under a simulated clock; effects, such as a latch that the test opens, on real sockets.
 *
 * @category models
 * @since 0.1.0
 */
export type Wait = Duration.Input | Effect.Effect<unknown>

/**
 * How a visit ended.
 *
 * - `eof`: the server has sent FIN, and everything before it was read.
 * - `ELOCAL`: the peer went first, by RST or without reading on.
 * - any other: the errno name with which dialling, writing or reading failed.
 *
 * @category models
 * @since 0.1.0
 */
export type Ending = "eof" | (string & {})

/**
 * What a peer has seen of a server.
 *
 * **Shapes**
 *
 * - `sent`: bytes that the connection has taken from the peer, which does not mean that the server has got them.
 * - `received`: every byte that it has read, in order.
 * - `local`: its own address, which is what the server calls the remote one; undefined if it never had a connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Seen {
  readonly sent: number
  readonly received: Uint8Array
  readonly ending: Ending
  readonly local: Address | undefined
}

/**
 * Options of every peer.
 *
 * **Shapes**
 *
 * - `socket`: options of its own end, such as small buffers; default those of the transport.
 *
 * @category options
 * @since 0.1.0
 */
export interface PeerOptions {
  readonly socket?: SocketOptions | undefined
}

/** What there is to tell where there was no connection. */
export const neverConnected = (ending: Ending): Seen => ({
  sent: 0,
  received: new Uint8Array(0),
  ending,
  local: undefined
})

/** Where to dial; throws `InvalidOptions` for a path. */
export const endpointOf = (target: Target): InetEndpoint => {
  if ("host" in target) return target
  if (NetAddress.isUnixPathAddress(target)) {
    throw badOption("target", format(target), "an internet address")
  }
  return { host: NetAddress.formatIp(target.address), port: target.port }
}

/** Waits for the time or the signal. */
export const waitFor = (wait: Wait): Effect.Effect<void> =>
  Effect.isEffect(wait) ? Effect.asVoid(wait) : Effect.sleep(wait)

/** The bytes to send. */
export const bytesOf = (bytes: Bytes): Uint8Array => (typeof bytes === "string" ? encoder.encode(bytes) : bytes)

const encoder = new TextEncoder()
