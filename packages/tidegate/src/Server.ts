/**
 * A TCP server: listener, connections and writers as fibers in one scope tree.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Address } from "./Address.ts"
import type { InvalidOptions, ListenerLost, ServerClosed, TransportError } from "./Errors.ts"
import { EventSink, safely } from "./Events.ts"
import { Generation } from "./Generation.ts"
import { Lifecycle } from "./Lifecycle.ts"
import { check, durationOf, type ServerOptions, type Settings } from "./ServerOptions.ts"
import type { ServerState } from "./ServerState.ts"
import { live } from "./Session.ts"
import type { ShutdownReport } from "./ShutdownReport.ts"
import { Transport } from "./Transport.ts"

export type { ServerOptions } from "./ServerOptions.ts"
export type { ServerState } from "./ServerState.ts"
export type { ShutdownReport } from "./ShutdownReport.ts"

/**
 * A glance at a server.
 *
 * **Shapes**
 *
 * - `connections`: live ones. `inFlight`: frames whose reply is owed. `accepted`, `ended`: over the whole life. `shed`: refused
 *   because too many were waiting to be taken.
 *
 * @category models
 * @source B80
 * @since 0.1.0
 */
export interface ServerInfo {
  readonly name: string
  readonly state: ServerState
  readonly connections: number
  readonly inFlight: number
  readonly accepted: number
  readonly ended: number
  readonly shed: number
}

/**
 * Options of a graceful shutdown.
 *
 * **Shapes**
 *
 * - `drainTimeout`: when to abort what is left; default: that of the server. 0 aborts at once, `"Infinity"` never.
 *
 * **Errors**
 *
 * - A duration that is none, or below 0, is a defect: the shutdown dies with `InvalidOptions`, and nothing was begun.
 *
 * @category options
 * @since 0.1.0
 */
export interface ShutdownOptions {
  readonly drainTimeout?: Duration.Input | undefined
}

/**
 * A running server, as a service.
 *
 * **Shapes**
 *
 * - `state`: the current state and its changes.
 * - `listen`: binds and starts accepting; `make`, `layer` and `serve` have done it. Idempotent.
 * - `address`: the bound address, as soon as there is one.
 * - `shutdown`: graceful. The listener closes after a sweep of the accept queue; every connection is told in the same instant,
 *   finishes the frames that had arrived, flushes, ends with FIN and lingers; at the deadline the rest is aborted.
 * - `hardShutdown`: RST to every connection and the listener closed, in one step; it overtakes a graceful shutdown.
 * - `stopped`: the report once nothing is left, whoever stopped it.
 *
 * **Errors**
 *
 * - `stopped` fails with `ListenerLost` if the listening socket died; every connection was aborted then.
 * - `listen` fails with `ServerClosed` after a shutdown, `address` when one comes first.
 *
 * **Interruption**
 *
 * - Shutdowns run in the server's own fibers: interrupting a caller stops its waiting, nothing else. Every caller gets the same
 *   report. A second `shutdown` can only bring the deadline nearer.
 * - A shutdown waits for every handler to end with its finalizers, and an uninterruptible one cannot be hurried: the sockets are
 *   cut in the instant of the abort, the report comes when the last handler has ended.
 *
 * **Limits**
 *
 * - A handler that waits for its own server's graceful shutdown waits for itself, up to the deadline: fork the call with
 *   `Effect.forkDetach`.
 *
 * @category services
 * @source S14, S24, S69, S76
 * @since 0.1.0
 */
export class Server extends Context.Service<
  Server,
  {
    readonly name: string
    readonly state: SubscriptionRef.SubscriptionRef<ServerState>
    readonly info: Effect.Effect<ServerInfo>
    readonly listen: Effect.Effect<Address, TransportError | ServerClosed>
    readonly address: Effect.Effect<Address, ServerClosed>
    readonly shutdown: (options?: ShutdownOptions) => Effect.Effect<ShutdownReport>
    readonly hardShutdown: Effect.Effect<ShutdownReport>
    readonly stopped: Effect.Effect<ShutdownReport, ListenerLost>
  }
>()("tidegate/Server") {}

/**
 * A server that does not listen yet.
 *
 * **When to use**
 *
 * When the moment of binding matters; otherwise {@link make}.
 *
 * **Errors**
 *
 * - `InvalidOptions`: nothing was started.
 *
 * @category constructors
 * @source S15, S77: a shutdown before listen is safe, and a later listen fails
 * @since 0.1.0
 */
export const prepare = <E, R>(
  options: ServerOptions<E, R>
): Effect.Effect<Server["Service"], InvalidOptions, R | Transport | Scope.Scope> =>
  Effect.flatMap(check(options), (settings) => Effect.uninterruptible(build(settings)))

/**
 * A running server that lives as long as the scope.
 *
 * **When to use**
 *
 * Inside a larger program. {@link serve} is the short form for a program that is the server, {@link layer} for one that is
 * built of layers.
 *
 * **Errors**
 *
 * - `InvalidOptions`, or `TransportError` with operation `listen`: nothing is left open.
 *
 * **Interruption**
 *
 * - Closing the scope is the hard shutdown: it returns when no connection and no fiber is left. For the graceful one call
 *   `shutdown` before.
 * - A scope that is closed a second time meanwhile returns at once, as every scope does; `hardShutdown` and `stopped` wait.
 *
 * **Example**
 *
 * ```ts
 * import * as Line from "@tidegate/codec/Line"
 * import * as Effect from "effect/Effect"
 * import * as Handler from "tidegate/Handler"
 * import * as Server from "tidegate/Server"
 *
 * const program = Effect.gen(function*() {
 *   const server = yield* Server.make({
 *     port: 12345,
 *     handler: Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))
 *   })
 *   yield* Effect.sleep("1 minute")
 *   return yield* server.shutdown({ drainTimeout: "10 seconds" })
 * })
 * ```
 *
 * @category constructors
 * @source S1, S2, S21, S22
 * @since 0.1.0
 */
export const make = <E, R>(
  options: ServerOptions<E, R>
): Effect.Effect<Server["Service"], InvalidOptions | TransportError, R | Transport | Scope.Scope> =>
  Effect.tap(prepare(options), (server) => listenNew(server))

/**
 * Runs a server until somebody stops it.
 *
 * **When to use**
 *
 * As the main effect of a program.
 *
 * **Shapes**
 *
 * - `onListening` gets the running server: print its address, hand it to a signal handler.
 * - The result is the report of the shutdown.
 *
 * **Errors**
 *
 * - As {@link make}; `ListenerLost` if the listening socket dies.
 *
 * **Interruption**
 *
 * - Is the hard shutdown.
 *
 * @category running
 * @source S69, S71, S72
 * @since 0.1.0
 */
export const serve = <E, R, E2 = never, R2 = never>(
  options: ServerOptions<E, R>,
  onListening?: (server: Server["Service"]) => Effect.Effect<unknown, E2, R2>
): Effect.Effect<
  ShutdownReport,
  InvalidOptions | TransportError | ListenerLost | E2,
  Exclude<R | R2, Scope.Scope> | Transport
> =>
  Effect.scoped(
    Effect.flatMap(make(options), (server) =>
      Effect.andThen(onListening === undefined ? Effect.void : onListening(server), server.stopped)
    )
  )

/**
 * {@link make} as a layer.
 *
 * **Interruption**
 *
 * - Releasing the layer is the hard shutdown.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <E, R>(
  options: ServerOptions<E, R>
): Layer.Layer<Server, InvalidOptions | TransportError, Exclude<R, Scope.Scope> | Transport> =>
  Layer.effect(Server, make(options))

/** A server nobody else knows yet cannot be closed before it listens. */
const listenNew = (server: Server["Service"]): Effect.Effect<Address, TransportError> =>
  Effect.catchTag(server.listen, "ServerClosed", (closed) => Effect.die(closed))

const build = <E, R>(settings: Settings<E, R>): Effect.Effect<Server["Service"], never, R | Transport | Scope.Scope> =>
  Effect.gen(function* () {
    const owner = yield* Effect.scope
    const transport = yield* Transport
    const run = Effect.runForkWith(yield* Effect.context<R>())
    const clock = yield* Clock.Clock
    const emit = safely(yield* EventSink)
    const state = yield* SubscriptionRef.make<ServerState>("starting")
    // Closed last first: the listener before the connections.
    const root = Scope.makeUnsafe()
    const generationScope = Scope.forkUnsafe(root, "parallel")
    const listenerScope = Scope.forkUnsafe(root)
    let lastId = 0
    const generation = new Generation({
      start: (session) => run(live(session, settings.handler, settings.bounds)),
      scope: generationScope,
      clock,
      emit,
      nextId: () => ++lastId
    })
    const lifecycle = new Lifecycle({
      name: settings.name,
      bind: transport.listen,
      listenOptions: settings.listen,
      generation,
      root,
      listenerScope,
      state,
      clock,
      emit,
      run
    })
    yield* Scope.addFinalizer(owner, lifecycle.hardShutdown)
    return Server.of({
      name: settings.name,
      state,
      info: Effect.map(SubscriptionRef.get(state), (current) => ({
        name: settings.name,
        state: current,
        connections: generation.size,
        inFlight: generation.inFlight,
        accepted: generation.accepted,
        ended: generation.ended,
        shed: lifecycle.shed
      })),
      listen: lifecycle.listen,
      address: lifecycle.listening,
      shutdown: (options) =>
        Effect.suspend(() =>
          lifecycle.shutdown(durationOf("drainTimeout", options?.drainTimeout ?? settings.drainTimeout))
        ),
      hardShutdown: lifecycle.hardShutdown,
      stopped: lifecycle.stopped
    })
  })
