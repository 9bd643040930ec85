/**
 * A TCP server: listener, connections and writers as fibers in one scope tree.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Address } from "./Address.ts"
import { build } from "./Assembly.ts"
import type { InvalidOptions, ListenerLost, TransportError } from "./Errors.ts"
import { Readiness } from "./Readiness.ts"
import type { ServerApi } from "./ServerApi.ts"
import { check, type ServerOptions } from "./ServerOptions.ts"
import type { ShutdownReport } from "./ShutdownReport.ts"
import type { Transport } from "./Transport.ts"

export type { ConnectionInfo } from "./ConnectionInfo.ts"
export type { GenerationInfo } from "./GenerationInfo.ts"
export type { GenerationReport } from "./GenerationReport.ts"
export type { Moment } from "./Moment.ts"
export type { Changes, ReloadAnswer, ReloadAnswers } from "./Reload.ts"
export type { Restarted } from "./Restarted.ts"
export type { ServerApi } from "./ServerApi.ts"
export type { ServerInfo } from "./ServerInfo.ts"
export type { ServerOptions } from "./ServerOptions.ts"
export type { ServerState } from "./ServerState.ts"
export type { ShutdownOptions } from "./ShutdownOptions.ts"
export type { ShutdownReport } from "./ShutdownReport.ts"
export type { SuspendOptions } from "./Suspension.ts"

/**
 * A running server, as a service.
 *
 * @see {@link ServerApi}
 * @category services
 * @since 0.1.0
 */
export class Server extends Context.Service<Server, ServerApi>()("tidegate/Server") {}

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

/**
 * The readiness of a server as a service.
 *
 * @see {@link Readiness}
 * @category layers
 * @source FF-92
 * @since 0.1.0
 */
export const readiness: Layer.Layer<Readiness, never, Server> = Layer.effect(
  Readiness,
  Effect.map(Server, (server) => server.readiness)
)

/** A server nobody else knows yet cannot be closed before it listens. */
const listenNew = (server: ServerApi): Effect.Effect<Address, TransportError> =>
  Effect.catchTag(server.listen, "ServerClosed", (closed) => Effect.die(closed))
