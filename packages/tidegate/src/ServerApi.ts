/**
 * What a running server offers.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Address } from "./Address.ts"
import type { ConnectionInfo } from "./ConnectionInfo.ts"
import type { EndpointOverlap, InvalidOptions, ListenerLost, ServerClosed, TransportError } from "./Errors.ts"
import type { LiveSettings } from "./LiveSettings.ts"
import type { Moment } from "./Moment.ts"
import type { Readiness } from "./Readiness.ts"
import type { Changes, ReloadAnswers } from "./Reload.ts"
import type { Restarted } from "./Restarted.ts"
import type { ServerInfo } from "./ServerInfo.ts"
import type { ServerOptions } from "./ServerOptions.ts"
import type { ServerState } from "./ServerState.ts"
import type { ShutdownOptions } from "./ShutdownOptions.ts"
import type { ShutdownReport } from "./ShutdownReport.ts"
import type { SuspendOptions } from "./Suspension.ts"

/**
 * A running server.
 *
 * **Shapes**
 *
 * - `state`: the current state. `states`: the current state, and from there every one that follows, up to `stopped`. As a stream:
 *   `ServerStream.states`.
 * - `settings`: the live options as they are now, with every default filled in; durations in milliseconds.
 * - `listen`: binds and starts accepting; `make`, `layer` and `serve` have done it. Idempotent.
 * - `address`: the bound address, as soon as there is one.
 * - `suspend`: takes nobody from now on; the connections live on. `resume`: takes connections again, at the same address, also if
 *   that was any free port; it gives the address. Before there is a listening socket there is nothing to suspend, and `resume` is
 *   `listen`. A server that is suspended already stays as it is, whatever the mode.
 * - `readiness`: whether it wants to be sent clients.
 * - `connections`: what the live connections look like. `close`: drains one of them; true, or false if there is none with this id.
 *   Its end has the reason `closed`, with what was given here as the detail.
 * - `awaitConnections`: suspends until the predicate holds for the number of live connections, and gives that number. It is asked
 *   at once and at every change, so that a number that does not last is not missed.
 * - `shutdown`: graceful. For the `drainDelay` the server goes on accepting. Then the listener closes after a sweep of the accept
 *   queue; every connection is told in the same instant, or with a `drainJitter` those without work one after the other. Each
 *   finishes the frames that had arrived, flushes, ends with FIN and lingers; at the deadline the rest is aborted.
 * - `hardShutdown`: RST to every connection and the listener closed, in one step; it overtakes a graceful shutdown.
 * - `restart`: a new generation takes what comes in from now on, and the one before drains; see {@link Restarted}. With options,
 *   they are the whole configuration from now on, and what a `reload` had changed is gone; without, everything stays as it is but
 *   the generation. The drain is that of a shutdown, but that it gives who has just connected time for a first request
 *   (`firstRequestTimeout`). On the same endpoint the listening socket is kept, so that nobody is refused or reset. On another one
 *   the new socket is bound first; then whoever has reached the old one by now is taken, by the new generation, and it is closed.
 *   The handler's services are those of who restarts, over those that the server was made with.
 * - `reload`: changes some options and keeps the others; the answer says of each key what became of it.
 * - `abortGeneration`: RST to every connection of one generation; true when they are gone, false if there is no such generation.
 *   The newest goes on taking connections.
 * - `stopped`: the report once nothing is left, whoever stopped it.
 *
 * **Errors**
 *
 * - `restart` fails with `InvalidOptions`, with `TransportError` if the new endpoint cannot be bound, with `EndpointOverlap` if it
 *   takes in the old one or the other way round, and with `ServerClosed` when a shutdown comes first: then everything is as before.
 *   A suspended server can be restarted where it is, and not be moved.
 * - `resume` fails with `TransportError` if the address cannot be bound any more: the server stays suspended, and `resume` can be
 *   tried again. `suspend` fails with `InvalidOptions` for an inherited socket in mode `refuse`, since nobody could open it again.
 *   Both fail with `ServerClosed` when a shutdown comes first.
 * - `awaitConnections` fails with `InvalidOptions` if the predicate is no function, and with `ServerClosed` when the server stops
 *   before it holds. What the predicate throws is a defect of the caller.
 * - `stopped` fails with `ListenerLost` if the listening socket died and `onListenerLost` is not `relisten`.
 * - `listen` fails with `ServerClosed` after a shutdown, `address` when one comes first.
 *
 * **Interruption**
 *
 * - Shutdowns run in the server's own fibers: interrupting a caller stops its waiting, nothing else. Every caller gets the same
 *   report. A second `shutdown` can only bring the deadline nearer.
 * - So do `restart`, `suspend` and `resume`, one after the other, in the order in which they were asked for.
 * - A shutdown waits for every handler to end with its finalizers, and an uninterruptible one cannot be hurried: the sockets are
 *   cut in the instant of the abort, the report comes when the last handler has ended.
 *
 * **Limits**
 *
 * - A handler that waits for its own server's graceful shutdown waits for itself, up to the deadline: fork the call with
 *   `Effect.forkDetach`.
 * - A restart on another endpoint returns when who stood in the old socket's queue was taken. Who goes on dialling there can put that
 *   off, but by no more turns of the loop than its `backlog` has places; who connects in the very end is reset, as at every close.
 *
 * @category models
 * @source S14, S24, S69, S76
 * @since 0.1.0
 */
export interface ServerApi {
  readonly name: string
  readonly state: Effect.Effect<ServerState>
  readonly states: Effect.Effect<Moment<ServerState>>
  readonly info: Effect.Effect<ServerInfo>
  readonly settings: Effect.Effect<LiveSettings>
  readonly listen: Effect.Effect<Address, TransportError | ServerClosed>
  readonly address: Effect.Effect<Address, ServerClosed>
  readonly restart: <E = unknown, R = never>(
    options?: ServerOptions<E, R>
  ) => Effect.Effect<
    Restarted,
    InvalidOptions | TransportError | EndpointOverlap | ServerClosed,
    Exclude<R, Scope.Scope>
  >
  readonly reload: (changes: Changes) => Effect.Effect<ReloadAnswers, InvalidOptions>
  readonly abortGeneration: (id: number) => Effect.Effect<boolean>
  readonly suspend: (options?: SuspendOptions) => Effect.Effect<void, InvalidOptions | ServerClosed>
  readonly resume: Effect.Effect<Address, TransportError | ServerClosed>
  readonly readiness: Readiness["Service"]
  readonly connections: Effect.Effect<ReadonlyArray<ConnectionInfo>>
  readonly awaitConnections: (
    predicate: (connections: number) => boolean
  ) => Effect.Effect<number, InvalidOptions | ServerClosed>
  readonly close: (id: number, reason?: string) => Effect.Effect<boolean>
  readonly shutdown: (options?: ShutdownOptions) => Effect.Effect<ShutdownReport>
  readonly hardShutdown: Effect.Effect<ShutdownReport>
  readonly stopped: Effect.Effect<ShutdownReport, ListenerLost>
}
