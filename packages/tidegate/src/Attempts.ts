/**
 * Several attempts of which one success is enough: started one after the other, each in a scope of its own, and none left over.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { millisecondsOf } from "./DrainDeadline.ts"
import { nextStart, type Pace } from "./HappyEyeballs.ts"
import { WakeList, waitUntil } from "./WakeList.ts"

/** What is tried, and how. */
export interface Contest<I, A, R> {
  readonly items: ReadonlyArray<I>
  readonly pace: Pace
  /** Time of the clock, in milliseconds, at which all is given up. */
  readonly deadline: number
  /** Any failure that is no defect is the end of this attempt alone; what it is worth is for the attempt itself to say. */
  readonly attempt: (item: I) => Effect.Effect<A, unknown, R | Scope.Scope>
  /** Ends what has succeeded too late; what its scope holds is closed afterwards. */
  readonly discard: (late: A) => Effect.Effect<void>
  /** Called in the step in which it is decided, before anything is given up for it. */
  readonly decided?: (ending: Ending<A>) => void
}

/** How it went out: `lost` when every attempt has failed, `timeout` at the deadline. `discard` ends what has won, and its scope. */
export type Ending<A> =
  | { readonly _tag: "won"; readonly value: A; readonly discard: Effect.Effect<void> }
  | { readonly _tag: "lost" | "timeout" }

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/**
 * Runs attempts until the first success.
 *
 * **Shapes**
 *
 * - Of several successes in one step the first one counts. Before it returns every other attempt has ended, and is closed.
 * - The scope of the winner is a child of the caller's. It starts fibers for attempts only, one for each that runs, and sleeps at most
 *   once at a time.
 *
 * **Errors**
 *
 * - A defect of an attempt ends them all, and is the caller's.
 *
 * **Interruption**
 *
 * - Has to be called where nothing can interrupt; it can be interrupted while it waits, by `restore`, and leaves nothing then.
 */
export const firstOf = <I, A, R>(
  contest: Contest<I, A, R>,
  restore: Restore
): Effect.Effect<Ending<A>, never, R | Scope.Scope> =>
  Effect.flatMap(Effect.context<R | Scope.Scope>(), (context) =>
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.flatMap(Clock.Clock, (clock) => {
        const attempts = new Attempts(contest, context, scope, clock)
        return Effect.flatMap(Effect.exit(attempts.decision(restore)), (exit) => attempts.settle(exit))
      })
    )
  )

/** One that was started. */
interface Started<A> {
  readonly scope: Scope.Closeable
  /** What it has come to: it may have been interrupted after its success, between two operations. */
  success: { readonly value: A } | undefined
}

/** A host's timer counts in 32 bits (FF-44): what is further off is looked at in between. */
const longestNap = 2 ** 30

class Attempts<I, A, R> {
  private readonly contest: Contest<I, A, R>
  private readonly scope: Scope.Scope
  private readonly clock: Clock.Clock
  private readonly run: (effect: Effect.Effect<A, unknown, R | Scope.Scope>) => Fiber.Fiber<A, unknown>
  private readonly running = new Set<Fiber.Fiber<A, unknown>>()
  private readonly all: Array<Started<A>> = []
  private first: Started<A> | undefined
  private readonly changed = new WakeList()
  private changes = 0
  private lastStart = -Infinity
  /** Failures that no start has followed yet. */
  private owed = 0
  private defect: Cause.Die | undefined

  constructor(
    contest: Contest<I, A, R>,
    context: Context.Context<R | Scope.Scope>,
    scope: Scope.Scope,
    clock: Clock.Clock
  ) {
    this.contest = contest
    this.scope = scope
    this.clock = clock
    this.run = Effect.runForkWith(context)
  }

  /** Starts what is due and waits, until it is known how it goes out. */
  decision(restore: Restore): Effect.Effect<Ending<A>> {
    return Effect.suspend(() => {
      if (this.defect !== undefined) return Effect.die(this.defect.defect)
      const now = millisecondsOf(this.clock)
      const ending = this.endingAt(now)
      if (ending !== undefined) return Effect.succeed(ending)
      const before = this.changes
      const due = this.startDueUnsafe(now)
      // What ends in the step of its start needs no waiting for.
      if (this.changes !== before) return this.decision(restore)
      return Effect.flatMap(restore(this.changeBefore(Math.min(due, this.contest.deadline) - now)), () =>
        this.decision(restore)
      )
    })
  }

  /** Nothing runs and nothing is open afterwards, but what has won. */
  settle(exit: Exit.Exit<Ending<A>>): Effect.Effect<Ending<A>> {
    return Effect.suspend(() => {
      if (Exit.isSuccess(exit)) this.contest.decided?.(exit.value)
      const kept = Exit.isSuccess(exit) && exit.value._tag === "won" ? this.first : undefined
      return Fiber.interruptAll(this.running).pipe(
        Effect.andThen(Effect.suspend(() => this.discardAllBut(kept))),
        Effect.andThen(exit)
      )
    })
  }

  private endingAt(now: number): Ending<A> | undefined {
    const { first } = this
    if (first?.success !== undefined) return { _tag: "won", value: first.success.value, discard: this.discard(first) }
    if (this.running.size === 0 && this.all.length === this.contest.items.length) return { _tag: "lost" }
    return now >= this.contest.deadline ? { _tag: "timeout" } : undefined
  }

  /** Starts what is due by now; gives the time of the next start. */
  private startDueUnsafe(now: number): number {
    const { items, pace } = this.contest
    for (;;) {
      const [item] = items.slice(this.all.length, this.all.length + 1)
      const { lastStart, owed, running } = this
      const waiting = items.length - this.all.length
      const due = nextStart({ waiting, running: running.size, owed, lastStart }, pace)
      if (item === undefined || due > now || this.first !== undefined) return due
      this.startUnsafe(item, now)
    }
  }

  private startUnsafe(item: I, now: number): void {
    const started: Started<A> = { scope: Scope.forkUnsafe(this.scope), success: undefined }
    this.all.push(started)
    this.lastStart = now
    this.owed = Math.max(0, this.owed - 1)
    const attempt = Effect.suspend(() => this.contest.attempt(item)).pipe(
      Effect.provideService(Scope.Scope, started.scope),
      Effect.onExit((exit) => {
        if (Exit.isFailure(exit)) return Scope.close(started.scope, exit)
        started.success = { value: exit.value }
        return Effect.void
      })
    )
    const fiber = this.run(attempt)
    this.running.add(fiber)
    fiber.addObserver((exit) => this.endedUnsafe(fiber, exit, started))
  }

  private endedUnsafe(fiber: Fiber.Fiber<A, unknown>, exit: Exit.Exit<A, unknown>, started: Started<A>): void {
    this.running.delete(fiber)
    if (Exit.isSuccess(exit)) this.first ??= started
    else {
      this.owed++
      this.defect ??= Result.getOrUndefined(Cause.findDie(exit.cause))
    }
    this.changes++
    this.changed.wakeAll()
  }

  /** Suspends until an attempt ends, or for so many milliseconds. */
  private changeBefore(milliseconds: number): Effect.Effect<unknown> {
    const seen = this.changes
    const change = waitUntil(
      { add: (wake) => this.changed.add(wake), remove: (wake) => this.changed.remove(wake) },
      () => this.changes !== seen
    )
    if (milliseconds === Infinity) return change
    // Whole milliseconds, up: who wakes too early finds nothing to do.
    return Effect.timeoutOption(change, Math.min(longestNap, Math.ceil(milliseconds)))
  }

  private discardAllBut(kept: Started<A> | undefined): Effect.Effect<void> {
    const others = this.all.filter((started) => started !== kept)
    return Effect.forEach(others, (other) => this.discard(other), { concurrency: "unbounded", discard: true })
  }

  private discard({ scope, success }: Started<A>): Effect.Effect<void> {
    const closed = Scope.close(scope, Exit.void)
    return success === undefined ? closed : Effect.andThen(this.contest.discard(success.value), closed)
  }
}
