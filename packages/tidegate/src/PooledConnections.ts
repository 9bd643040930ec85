/**
 * A pool under way: Effect's `Pool` bounds it, wakes who waits, and retires what is too much; here is what it cannot know of connections.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Pool from "effect/Pool"
import * as Scope from "effect/Scope"
import type { AddressResolver } from "./AddressLookup.ts"
import { ClientStopped } from "./ClientStopped.ts"
import type { Connection } from "./Connection.ts"
import { measured, type UseFailed } from "./ConnectionUse.ts"
import type { DialError } from "./DialError.ts"
import { connect } from "./Dialer.ts"
import { millisecondsOf } from "./DrainDeadline.ts"
import { FailureRow } from "./FailureRow.ts"
import { fullJitter } from "./FullJitter.ts"
import { type DrainReport, OwnedConnections } from "./OwnedConnections.ts"
import { PoolMember } from "./PoolMember.ts"
import type { PoolSettings } from "./PoolOptions.ts"
import { formatTarget, type Target } from "./Target.ts"
import type { Transport } from "./Transport.ts"
import { type WaitingRoomFull, WaitingUses } from "./WaitingUses.ts"

type Services<R> = R | Transport | AddressResolver

/** A connection that has lasted so long was no sign of a server that drops every one: the default of `Reconnecting` too. */
const healthyInterval = 10_000

/** `Pool` looks once in every idle timeout: a very short one would keep a core busy, and lending is exact without it. */
const shortestLook = 100

const unfit: unique symbol = Symbol("unfit")

interface Parts {
  readonly target: string
  readonly now: () => number
  readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  readonly connections: OwnedConnections
  readonly scope: Scope.Closeable
  readonly drainTimeout: number
  readonly maxConnections: number
  readonly uses: WaitingUses
}

export class PooledConnections<E> {
  readonly pool: Pool.Pool<PoolMember, DialError | E>
  private readonly parts: Parts
  private isDraining = false

  constructor(pool: Pool.Pool<PoolMember, DialError | E>, parts: Parts) {
    this.pool = pool
    this.parts = parts
  }

  use<A, E2, R2>(
    use: (connection: Connection) => Effect.Effect<A, E2, R2>
  ): Effect.Effect<A, DialError | E | UseFailed<E2> | ClientStopped | WaitingRoomFull, R2> {
    const { connections, maxConnections, uses } = this.parts
    // Those that have a connection count too: so nobody has to ask `Pool` who of the others has one coming.
    return uses.enter(
      (underWay, maxWaiting) => underWay >= maxConnections + maxWaiting && !this.isDraining,
      () => this.next(use, connections.next())
    )
  }

  /** Each connection that is found unfit is taken out of the pool: there are not many turns. */
  private next<A, E2, R2>(
    use: (connection: Connection) => Effect.Effect<A, E2, R2>,
    asked: number
  ): Effect.Effect<A, DialError | E | UseFailed<E2> | ClientStopped, R2> {
    let lent = false
    let spoiled: PoolMember | undefined
    const spoil = (member: PoolMember): void => {
      spoiled = member
      // In the step in which it is given back: from the next one on others may meet it.
      this.parts.connections.retireUnsafe(member.owned)
    }
    const once = Pool.use(this.pool, (member) =>
      Effect.onExit(
        Effect.suspend((): Effect.Effect<A | typeof unfit, UseFailed<E2>, R2> => {
          const reused = member.wasThere(asked)
          if (!member.lendUnsafe(asked, this.parts.now())) {
            spoil(member)
            return Effect.succeed(unfit)
          }
          lent = true
          return measured(member.owned.connection, reused, use)
        }),
        (exit) => {
          if (lent && !member.giveBackUnsafe(Exit.isSuccess(exit), this.parts.now())) spoil(member)
          return Effect.void
        }
      )
    )
    // Not while it is lent: then `Pool` would dial another one in its place, whether anybody needs it or not.
    const cleared = Effect.onExit(once, () =>
      spoiled === undefined ? Effect.void : Pool.invalidate(this.pool, spoiled)
    )
    // A pool that is shut down interrupts who waits for it.
    const told = Effect.catchCauseIf(
      cleared,
      (cause) => this.isDraining && !lent && Cause.hasInterruptsOnly(cause),
      () => Effect.fail(new ClientStopped({ target: this.parts.target }))
    )
    return Effect.flatMap(told, (result) => (result === unfit ? this.next(use, asked) : Effect.succeed(result)))
  }

  /** false: it had begun before. */
  beginDrainUnsafe(): boolean {
    if (this.isDraining) return false
    this.isDraining = true
    return true
  }

  /** Ends what is idle and interrupts dials at once; waits for the uses, at most until the deadline. */
  get drain(): Effect.Effect<DrainReport> {
    return Effect.suspend(() => {
      const { connections, drainTimeout, run, scope } = this.parts
      // Closing the pool waits for every use, however long: it is not waited for after the deadline.
      const closed = run(Scope.close(scope, Exit.void))
      return connections.drain(drainTimeout, Fiber.await(closed))
    })
  }
}

/** Makes a pool; the caller has to drain it. */
export const openPool = <E, R>(
  target: Target,
  settings: PoolSettings<E, R>
): Effect.Effect<PooledConnections<E>, never, Services<R>> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const scope = yield* Scope.make()
    const connections = new OwnedConnections(run, settings.close)
    const now = (): number => millisecondsOf(clock)
    const lost = (member: PoolMember): void => {
      connections.retireUnsafe(member.owned)
      Fiber.runIn(run(replaced(member)), scope)
    }
    const row = new FailureRow(fullJitter(), healthyInterval)
    const replaced = (member: PoolMember): Effect.Effect<void> => {
      const drop = Effect.suspend(() => Pool.invalidate(pool, member))
      if (settings.minConnections === 0) return drop
      row.wasWellFor(member.ageAt(now()))
      return Effect.flatMap(row.next(undefined), (pause) => Effect.delay(drop, pause ?? 0))
    }
    const acquire = Effect.acquireRelease(
      connections.open(
        connect(target, settings.dial).pipe(
          Effect.catchTag("InvalidOptions", Effect.die),
          Effect.tap((connection) => settings.setup(connection))
        )
      ),
      (owned) => Effect.sync(() => connections.retireUnsafe(owned)),
      { interruptible: true }
    ).pipe(
      Effect.map((owned) => {
        const member = new PoolMember(owned, settings.idleTimeout, now(), lost)
        member.watchUnsafe()
        return member
      })
    )
    const pool: Pool.Pool<PoolMember, DialError | E> = yield* Scope.provide(
      Pool.makeWithTTL({
        acquire,
        min: settings.minConnections,
        max: settings.maxConnections,
        timeToLive: Math.max(settings.idleTimeout, shortestLook)
      }),
      scope
    )
    const printed = formatTarget(target)
    return new PooledConnections(pool, {
      target: printed,
      now,
      run,
      connections,
      scope,
      drainTimeout: settings.close.drainTimeout,
      maxConnections: settings.maxConnections,
      uses: new WaitingUses(printed, settings.maxWaiting)
    })
  })
