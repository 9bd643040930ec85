/**
 * The seam between the runtime and a network: everything above it runs unchanged on TCP and in memory.
 *
 * A transport is one small service that listens and dials; what it hands out are the {@link Connection} of
 * `TransportConnection.ts` and the {@link Listener} of `TransportListener.ts`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Address, Endpoint, InetEndpoint, UnixEndpoint } from "./Address.ts"
import type { DialTarget } from "./DialTarget.ts"
import type { TransportError } from "./Errors.ts"
import type { Connection } from "./TransportConnection.ts"
import type { Listener } from "./TransportListener.ts"

/**
 * The buffer bounds of a connection, in bytes.
 *
 * **Shapes**
 *
 * - `highWaterMarkBytes`: outgoing bytes held in user space at which writes suspend; default 64 KiB.
 * - `lowWaterMarkBytes`: outgoing bytes at which they resume; default 16 KiB, at most the high-water mark.
 * - `readAheadBytes`: incoming bytes held for the reader at which the transport stops reading, so that the peer is slowed
 *   down; default 64 KiB. One more chunk may be held.
 *
 * @category options
 * @since 0.1.0
 */
export interface BufferOptions {
  readonly highWaterMarkBytes?: number | undefined
  readonly lowWaterMarkBytes?: number | undefined
  readonly readAheadBytes?: number | undefined
}

/**
 * The bounds with every default filled in.
 *
 * @category models
 * @since 0.1.0
 */
export interface Buffers {
  readonly highWaterMarkBytes: number
  readonly lowWaterMarkBytes: number
  readonly readAheadBytes: number
}

/**
 * Fills in the defaults of {@link BufferOptions}.
 *
 * @category options
 * @since 0.1.0
 */
export const buffersOf = (options: BufferOptions): Buffers => {
  const highWaterMarkBytes = options.highWaterMarkBytes ?? 65_536
  return {
    highWaterMarkBytes,
    lowWaterMarkBytes: options.lowWaterMarkBytes ?? Math.min(16_384, highWaterMarkBytes),
    readAheadBytes: options.readAheadBytes ?? 65_536
  }
}

/**
 * Options of a socket, as far as the platform has them.
 *
 * **Shapes**
 *
 * - `noDelay`: send small segments at once (TCP_NODELAY); default true.
 * - `keepAliveDelay`: silence before the kernel probes a peer; default 60 seconds, below the idle limit of the usual
 *   balancers (350 s). `Infinity` switches the probes off.
 *
 * @category options
 * @source FF-45, FF-46, FF-94
 * @since 0.1.0
 */
export interface SocketOptions extends BufferOptions {
  readonly noDelay?: boolean | undefined
  readonly keepAliveDelay?: Duration.Input | undefined
}

/**
 * Options of a listener, wherever it is bound.
 *
 * **Shapes**
 *
 * - `backlog`: length of the kernel's accept queue that is asked for; default 4096 (the kernel clamps it).
 * - `maxUntaken`: accepted connections that wait to be taken; at the bound a new one is shed (reset); default 1024.
 *
 * @category options
 * @source FF-31, FF-50
 * @since 0.1.0
 */
export interface ListenerOptions extends SocketOptions {
  readonly backlog?: number | undefined
  readonly maxUntaken?: number | undefined
}

/**
 * What {@link Transport} needs to listen.
 *
 * @category options
 * @since 0.1.0
 */
export type ListenOptions = Endpoint & ListenerOptions

/**
 * Options of one dial, wherever it goes.
 *
 * **Shapes**
 *
 * - `localAddress`: the IP address that the connection comes from, of the family of the address that is dialled; by default the
 *   system chooses. Not for a Unix path.
 * - `beforeConnect`: runs after the socket exists and before anything is sent, and is told where the dial goes. It does not run where
 *   that is not known, or where the dial cannot come from `localAddress`.
 *
 * **Errors**
 *
 * - What `beforeConnect` fails with is the failure of the dial.
 *
 * **Interruption**
 *
 * - Of the dial: `beforeConnect` is interrupted with it.
 *
 * @category options
 * @source S92, S95
 * @since 0.1.0
 */
export interface DialerOptions extends SocketOptions {
  readonly localAddress?: string | undefined
  readonly beforeConnect?: ((about: DialTarget) => Effect.Effect<void, TransportError>) | undefined
}

/**
 * What {@link Transport} needs to dial.
 *
 * @category options
 * @since 0.1.0
 */
export type DialOptions = (InetEndpoint | UnixEndpoint) & DialerOptions

/**
 * The file descriptors of this process.
 *
 * **Shapes**
 *
 * - `limit`: how many it may have (the soft limit); `Infinity` where there is none. `open`: how many it has.
 *
 * @category models
 * @source FF-47, getrlimit(2)
 * @since 0.1.0
 */
export interface DescriptorBudget {
  readonly limit: number
  readonly open: number
}

/**
 * A network.
 *
 * **Shapes**
 *
 * - `listen`: a bound listening socket that is closed with the scope; its untaken connections are then reset, the taken ones
 *   live on.
 * - `dial`: a connection that is aborted with the scope, unless it has ended by then.
 * - `resolve`: the address to which `listen` would bind, with names looked up; port 0 stays 0. Nothing is opened.
 * - `descriptors`: `undefined` where the transport has none to run out of, or cannot tell.
 *
 * **Errors**
 *
 * - `TransportError` with operation `listen` or `dial`: nothing is left open.
 *
 * **Interruption**
 *
 * - Of `listen` or `dial`: the attempt is abandoned at once and leaves no socket. After success: nothing.
 *
 * @category services
 * @since 0.1.0
 */
export class Transport extends Context.Service<
  Transport,
  {
    readonly name: string
    readonly listen: (options: ListenOptions) => Effect.Effect<Listener, TransportError, Scope.Scope>
    readonly dial: (options: DialOptions) => Effect.Effect<Connection, TransportError, Scope.Scope>
    readonly resolve: (endpoint: Endpoint) => Effect.Effect<Address, TransportError>
    readonly descriptors: Effect.Effect<DescriptorBudget | undefined>
  }
>()("tidegate/Transport") {}

export { type DialTarget, dialTargetOf, formatDial, localAddressRefusal } from "./DialTarget.ts"
export type { CloseReason, InputEnd } from "./TransportConnection.ts"
export { Connection } from "./TransportConnection.ts"
export { Listener } from "./TransportListener.ts"
