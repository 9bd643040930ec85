/**
 * A client that stays connected: what it loses it dials again, with pauses that do not melt the server.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { AddressResolver } from "./AddressLookup.ts"
import type { ClientStopped } from "./ClientStopped.ts"
import type { Connection } from "./Connection.ts"
import { measured, type UseFailed } from "./ConnectionUse.ts"
import { connect } from "./Dialer.ts"
import type { InvalidOptions } from "./Errors.ts"
import { type DrainReport, OwnedConnections } from "./OwnedConnections.ts"
import { checkReconnecting, type ReconnectingOptions, type ReconnectingSettings } from "./ReconnectingOptions.ts"
import type { ReconnectingState } from "./ReconnectingState.ts"
import { ReconnectLoop } from "./ReconnectLoop.ts"
import { formatTarget, type Target } from "./Target.ts"
import type { Transport } from "./Transport.ts"
import { type WaitingRoomFull, WaitingUses } from "./WaitingUses.ts"

export { ClientStopped } from "./ClientStopped.ts"
export { mayRepeat, UseFailed } from "./ConnectionUse.ts"
export type { DrainReport } from "./OwnedConnections.ts"
export type { ReconnectingOptions } from "./ReconnectingOptions.ts"
export { ConnectionLost, type ReconnectCause, type ReconnectingState } from "./ReconnectingState.ts"
export { WaitingRoomFull } from "./WaitingUses.ts"

/**
 * A client that stays connected.
 *
 * **Shapes**
 *
 * - `state`: what it is doing; `SubscriptionRef.changes` follows it.
 * - `connection`: the connection of this moment, waited for where there is none. It may be over at any time; a use that has to know
 *   whether to repeat its work goes through `withConnection`.
 * - `withConnection`: runs a use with a connection, waiting for one and for its turn, first come first served. What a use leaves unread,
 *   the next one reads.
 * - `drain`: lets no use in any more, waits for those under way, ends every connection with everything delivered, and stops dialling;
 *   after the `drainTimeout` it aborts. All callers share one result. The end of the scope does the same.
 *
 * **Errors**
 *
 * - `ClientStopped`: it was drained, or has given up; at once, also for those who wait.
 * - `WaitingRoomFull`: as many uses wait as may (`maxWaiting`); at once.
 * - `UseFailed`: the use has failed; see there, and `mayRepeat`.
 *
 * **Interruption**
 *
 * - Of who waits: the place is given up. Of a use with a connection for itself (`concurrency` 1): the connection is ended, and the client
 *   dials again. Of `drain`: it goes on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reconnecting<in out E = never> {
  readonly state: SubscriptionRef.SubscriptionRef<ReconnectingState<E>>
  readonly connection: Effect.Effect<Connection, ClientStopped>
  readonly withConnection: <A, E2, R2>(
    use: (connection: Connection) => Effect.Effect<A, E2, R2>
  ) => Effect.Effect<A, UseFailed<E2> | ClientStopped | WaitingRoomFull, R2>
  readonly drain: Effect.Effect<DrainReport>
}

/**
 * Makes a client that stays connected to a target, and returns at once, while it dials.
 *
 * **When to use**
 *
 * For a connection that a program needs for as long as it lives: to a broker, a database, a control server. For many short exchanges at
 * the same time there is `ConnectionPool`.
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Reconnecting from "tidegate/Reconnecting"
 *
 * const program = Effect.gen(function* () {
 *   const broker = yield* Reconnecting.make(
 *     { host: "broker.internal", port: 4222 },
 *     { setup: (connection) => connection.write(new TextEncoder().encode("CONNECT {}\r\n")) }
 *   )
 *   yield* broker.withConnection((connection) => connection.write(new TextEncoder().encode("PING\r\n")))
 * })
 * ```
 *
 * **Shapes**
 *
 * - It belongs to the scope: its end is a `drain`.
 * - A connection counts as lost when its peer has ended or reset it, when this side has ended it, and (`concurrency` 1) when a use has
 *   not succeeded. It is ended in the background, once the uses under way have finished with it.
 *
 * **Errors**
 *
 * - `InvalidOptions`: nothing was dialled. That nobody answers is no error: see `state`.
 *
 * **Limits**
 *
 * - That a connection is dead is noticed where bytes are awaited or sent. Of a peer that has gone without a word only `keepAliveDelay`
 *   tells, or a deadline of the use.
 *
 * @category constructors
 * @source FF-15, FF-85, FF-86
 * @since 0.1.0
 */
export const make = <E = never, R = never>(
  target: Target,
  options: ReconnectingOptions<E, R> = {}
): Effect.Effect<Reconnecting<E>, InvalidOptions, R | Scope.Scope | Transport | AddressResolver> =>
  Effect.flatMap(
    Effect.suspend(() => checkReconnecting(target, options)),
    (settings) =>
      Effect.acquireRelease(start(target, settings), (client) =>
        Effect.ignoreCause(client.drain, { log: "Error", message: "drain of a client failed" })
      )
  )

/** So many turns that nobody waits for one. */
const everybody = Number.MAX_SAFE_INTEGER

const start = <E, R>(
  target: Target,
  settings: ReconnectingSettings<E, R>
): Effect.Effect<Reconnecting<E>, never, R | Transport | AddressResolver> =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R | Transport | AddressResolver>()
    const state = yield* SubscriptionRef.make<ReconnectingState<E>>({ _tag: "connecting", failures: 0 })
    const connections = new OwnedConnections(Effect.runForkWith(context), settings.close)
    const dialled = Effect.catchTag(connect(target, settings.dial), "InvalidOptions", Effect.die)
    const loop = new ReconnectLoop<E, R | Transport | AddressResolver>({
      target: formatTarget(target),
      settings,
      connections,
      state,
      dial: Effect.tap(dialled, (connection) => settings.setup(connection))
    })
    const waiting = new WaitingUses(formatTarget(target), settings.maxWaiting)
    const turns = yield* Semaphore.make(Math.min(settings.concurrency, everybody))
    const lend = lending(loop, settings.concurrency === 1)
    const fiber = Effect.runForkWith(context)(Effect.andThen(loop.run, turns.resize(everybody)))
    const stopped = yield* Deferred.make<DrainReport>()
    const drained = Effect.gen(function* () {
      loop.stopUnsafe()
      yield* turns.resize(everybody)
      yield* SubscriptionRef.set(state, { _tag: "draining" })
      const report = yield* connections.drain(settings.close.drainTimeout, Fiber.interrupt(fiber))
      yield* SubscriptionRef.set(state, {
        _tag: "stopped",
        ...(loop.end?.cause !== undefined && { cause: loop.end.cause })
      })
      return report
    })
    let draining = false
    return {
      state,
      connection: loop.connection,
      withConnection: (use) =>
        waiting.enter(
          (now, maxWaiting) => now >= maxWaiting && loop.end === undefined && (now > 0 || !loop.isFree),
          (begun) => turns.withPermit(lend({ asked: connections.next(), begun }, use))
        ),
      drain: Effect.suspend(() => {
        if (!draining) Effect.runForkWith(context)(Deferred.into(drained, stopped))
        draining = true
        return Deferred.await(stopped)
      })
    }
  })

/** Uses that asked at a certain place among all events, and so know whether their connection was there before. */
const lending =
  <E, R>(loop: ReconnectLoop<E, R>, isExclusive: boolean) =>
  <A, E2, R2>(
    { asked, begun }: { readonly asked: number; readonly begun: () => void },
    use: (connection: Connection) => Effect.Effect<A, E2, R2>
  ) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(loop.borrow(restore), (owned) => {
        begun()
        const reused = owned.uses > 1 || owned.opened < asked
        const used = Effect.suspend(() => measured(owned.connection, reused, use))
        return Effect.onExit(restore(used), (exit) => {
          loop.giveBackUnsafe(owned)
          if (owned.isOver || (isExclusive && Exit.isFailure(exit))) loop.giveUpUnsafe(owned)
          return Effect.void
        })
      })
    )
