/**
 * Connections that are used again: bounded, watched while they lie idle, drained at the end.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Pool from "effect/Pool"
import type * as Scope from "effect/Scope"
import type { AddressResolver } from "./AddressLookup.ts"
import type { ClientStopped } from "./ClientStopped.ts"
import type { Connection } from "./Connection.ts"
import type { UseFailed } from "./ConnectionUse.ts"
import type { DialError } from "./DialError.ts"
import type { InvalidOptions } from "./Errors.ts"
import type { DrainReport } from "./OwnedConnections.ts"
import { openPool } from "./PooledConnections.ts"
import { checkPool, type PoolOptions, type PoolSettings } from "./PoolOptions.ts"
import type { Target } from "./Target.ts"
import type { Transport } from "./Transport.ts"
import type { WaitingRoomFull } from "./WaitingUses.ts"

export { ClientStopped } from "./ClientStopped.ts"
export { mayRepeat, UseFailed } from "./ConnectionUse.ts"
export type { DrainReport } from "./OwnedConnections.ts"
export type { PoolOptions } from "./PoolOptions.ts"
export { WaitingRoomFull } from "./WaitingUses.ts"

/**
 * A glance at a pool: connections that nobody uses, connections in use, and uses that wait for one.
 *
 * @category models
 * @since 0.1.0
 */
export interface PoolStats {
  readonly idle: number
  readonly lent: number
  readonly waiting: number
}

/**
 * A pool of connections to one target.
 *
 * **Shapes**
 *
 * - `withConnection`: runs a use with a connection of its own, dialling one or waiting for one. The one that was used last is used first.
 * - What does not succeed costs its connection, because nobody knows what is still to come on it: let an answer that says no be a value.
 *   So does a use that leaves bytes unread that have arrived. An answer that is still on its way nobody can know of: succeed only once all
 *   of it was read, or the next use reads the rest.
 * - A use that reads by a codec gives the connection back by `detach` of its `FramedConnection`, so that the next one can read too.
 * - `drain`: lets no use in any more, ends idle connections at once and the others after their use, each with everything delivered; after
 *   the `drainTimeout` it aborts. All callers share one result. The end of the scope does the same.
 *
 * **Errors**
 *
 * - `DialError`, or what `setup` fails with (`E`): there was no connection to be had.
 * - `UseFailed`: the use has failed; see there, and `mayRepeat`.
 * - `ClientStopped`: the pool drains; at once, also for those who wait.
 * - `WaitingRoomFull`: as many wait as may (`maxWaiting`); at once.
 *
 * **Interruption**
 *
 * - Of who waits: the place is given up. Of a use: its connection is ended. Of `drain`: it goes on.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectionPool<out E = never> {
  readonly withConnection: <A, E2, R2>(
    use: (connection: Connection) => Effect.Effect<A, E2, R2>
  ) => Effect.Effect<A, DialError | E | UseFailed<E2> | ClientStopped | WaitingRoomFull, R2>
  readonly stats: Effect.Effect<PoolStats>
  readonly drain: Effect.Effect<DrainReport>
}

/**
 * Makes a pool of connections to a target, on Effect's `Pool`.
 *
 * **When to use**
 *
 * For many short exchanges with one server, of which several go on at the same time.
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as ConnectionPool from "tidegate/ConnectionPool"
 *
 * const program = Effect.gen(function* () {
 *   const pool = yield* ConnectionPool.make({ host: "cache.internal", port: 6379 }, { maxConnections: 4 })
 *   return yield* pool.withConnection((connection) =>
 *     Effect.andThen(connection.write(new TextEncoder().encode("PING\r\n")), connection.read)
 *   )
 * })
 * ```
 *
 * **Shapes**
 *
 * - It belongs to the scope: its end is a `drain`.
 * - An idle connection on which anything arrives, FIN, RST or bytes that nobody has asked for, is never handed out again. What is still on
 *   its way at that moment nobody can know: such a use fails, and says that its connection was there before (`reused`).
 *
 * **Errors**
 *
 * - `InvalidOptions`: nothing was dialled.
 *
 * **Limits**
 *
 * - Who waits does so without a deadline of the pool's: give the use one.
 * - Dials go in rows: who asks while some are under way has a connection dialled only when all of these have ended, or takes one that is
 *   given back before. So a server that does not answer costs two `connectTimeout`s at the worst, and a `setup` that hangs keeps the pool
 *   from growing: bound it.
 *
 * @category constructors
 * @source FF-85
 * @since 0.1.0
 */
export const make = <E = never, R = never>(
  target: Target,
  options: PoolOptions<E, R> = {}
): Effect.Effect<ConnectionPool<E>, InvalidOptions, R | Scope.Scope | Transport | AddressResolver> =>
  Effect.flatMap(
    Effect.suspend(() => checkPool(target, options)),
    (settings) =>
      Effect.acquireRelease(start(target, settings), (pool) =>
        Effect.ignoreCause(pool.drain, { log: "Error", message: "drain of a connection pool failed" })
      )
  )

const start = <E, R>(
  target: Target,
  settings: PoolSettings<E, R>
): Effect.Effect<ConnectionPool<E>, never, R | Transport | AddressResolver> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R | Transport | AddressResolver>()
    const lent = yield* openPool(target, settings)
    const drained = yield* Deferred.make<DrainReport>()
    return {
      withConnection: (use) => lent.use(use),
      stats: Effect.map(Pool.stats(lent.pool), ({ idle, pending, used }) => ({ idle, lent: used, waiting: pending })),
      drain: Effect.suspend(() => {
        if (lent.beginDrainUnsafe()) Effect.runForkWith(context)(Deferred.into(lent.drain, drained))
        return Deferred.await(drained)
      })
    }
  })
