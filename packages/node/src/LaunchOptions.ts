/**
 * What is launched, and what signals do to it.
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type { Address } from "tidegate/Address"
import type { Server } from "tidegate/Server"
import type { SignalMap } from "./SignalMap.ts"
import type { SignalNotice } from "./SignalNotice.ts"

/**
 * What is launched, and what signals do to it.
 *
 * **Shapes**
 *
 * - `server`: makes the server, with `Server.make(…)` or `Server.prepare(…)`; it listens in any case, and lives as long as the
 *   launch.
 * - `signals`: what each signal means; default `SignalMap.classic`.
 * - `onHangup`: what a signal that means `restart` does: read the configuration again, then `server.restart(…)`. Those that come
 *   while one is at work are one. Its failure is logged and changes nothing. If it gives an `address` that is new, `onListening`
 *   gets it. Without `onHangup` such a signal is graceful.
 * - `onListening`: default prints `listening tcp://127.0.0.1:12345` to stdout.
 * - `onSignal`: says what a signal does, before it is done, but does not hold it up for longer than 50 ms; default is a log line.
 * - `strayDrainTimeout`: how long the drain after a stray exception may take; default 5 seconds, never longer than the server's
 *   `drainTimeout`.
 *
 * @category options
 * @since 0.1.0
 */
export interface LaunchOptions<E, R> {
  readonly server: Effect.Effect<Server["Service"], E, R>
  readonly signals?: SignalMap | undefined
  readonly onHangup?: ((server: Server["Service"]) => Effect.Effect<Relocated | undefined, unknown, R>) | undefined
  readonly onListening?: ((address: Address) => Effect.Effect<void, never, R>) | undefined
  readonly onSignal?: ((notice: SignalNotice) => Effect.Effect<void, never, R>) | undefined
  readonly strayDrainTimeout?: Duration.Input | undefined
}

/**
 * Where a server listens after a restart; what `server.restart` gives is one.
 *
 * @category models
 * @since 0.1.0
 */
export interface Relocated {
  readonly address: Address
}
