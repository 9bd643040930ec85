/**
 * Runs a whole program, servers and clients and network, in one synchronous loop: virtual time, a chosen order of fibers, and a
 * deadlock reported in the instant in which it happens.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import type { FiberCensus } from "./FiberCensus.ts"
import { type Difference, differenceOf } from "./internal/simulation/Difference.ts"
import { HostedScheduler } from "./internal/simulation/HostedScheduler.ts"
import { optionsOf } from "./internal/simulation/Options.ts"
import { runIn } from "./internal/simulation/Run.ts"
import { strategyOf } from "./internal/simulation/Strategy.ts"
import { type RecordedSchedule, random, type Schedule, validate } from "./Schedule.ts"
import { SimulationFailed } from "./SimulationFailed.ts"
import type { Trace } from "./Trace.ts"

export type { Difference } from "./internal/simulation/Difference.ts"

/**
 * Options of a run.
 *
 * **Shapes**
 *
 * - `seed`: of everything but the order of fibers, such as a network's latencies and `Random`; a whole number, default 0.
 * - `schedule`: the order of fibers; default first ready, first run.
 * - `maxSteps`: tasks after which the run counts as going round in circles; default 1,000,000. A fiber that has to yield because
 *   it did not for 2048 operations counts as 32.
 * - `maxMilliseconds`: virtual time after which it counts as never ending; default one day.
 * - `record`: whether the outcome has the `schedule` that was taken; default false.
 * - `stacks`: whether errors have stacks; default false, since recording them takes a quarter of the time. Run a failure again
 *   with `true`.
 *
 * **Errors**
 *
 * `InvalidOptions` names the key, its value and what is allowed.
 *
 * @category options
 * @since 0.1.0
 */
export interface SimulationOptions {
  readonly seed?: number | undefined
  readonly schedule?: Schedule | undefined
  readonly maxSteps?: number | undefined
  readonly maxMilliseconds?: number | undefined
  readonly record?: boolean | undefined
  readonly stacks?: boolean | undefined
}

/**
 * How a run ended.
 *
 * - `done`: the program has ended, with `exit`, and left nothing behind.
 * - `deadlock`: nothing can run and nobody sleeps, or only for ever. `livelock`: `maxSteps`. `endless`: `maxMilliseconds`.
 * - `leftover`: the program has ended and fibers that it has started have not.
 *
 * @category models
 * @since 0.1.0
 */
export type Ending = "done" | "deadlock" | "livelock" | "endless" | "leftover"

/**
 * What became of a run.
 *
 * **Shapes**
 *
 * - `exit`: of the program, if it has ended.
 * - `milliseconds`: virtual time at the end. `steps`: tasks run.
 * - `situations`: how often each was reached.
 * - `schedule`: the departures from first ready, first run that were taken, if they were recorded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outcome<A, E> {
  readonly ending: Ending
  readonly exit: Exit.Exit<A, E> | undefined
  readonly trace: Trace
  readonly milliseconds: number
  readonly steps: number
  readonly fibers: FiberCensus
  readonly situations: ReadonlyMap<string, number>
  readonly schedule: RecordedSchedule | undefined
}

/**
 * Runs a program to its end, in this call.
 *
 * **Shapes**
 *
 * - The events of servers made by the program are in the trace, unless it provides an `EventSink` of its own.
 * - Equal programs, seeds and schedules give equal runs: what the program draws through Effect's `Random` comes from the seed too.
 *
 * **Errors**
 *
 * Throws `InvalidOptions`; what the program fails with is in the outcome.
 *
 * **Limits**
 *
 * - Only what runs on Effect's clock and scheduler is simulated: promises, host timers and real sockets are not waited for.
 * - A single operation that does not return, such as a loop in a plain function, holds the run up as it would a server.
 * - Of a program that has not ended, what is left is dropped where it stands: its finalizers do not run.
 *
 * @category running
 * @source I-S22
 * @since 0.1.0
 */
export const run = <A, E>(program: Effect.Effect<A, E, Scope.Scope>, options: SimulationOptions = {}): Outcome<A, E> =>
  runIn(Context.empty(), Effect.scoped(program), optionsOf(options))

/** Enough to see what led to it, few enough to read. */
const lastLines = 20

/**
 * The exit of a run: the program's own failure first, then {@link SimulationFailed} if the run did not come to its end.
 *
 * @category running
 * @since 0.1.0
 */
export const exitOf = <A, E>(outcome: Outcome<A, E>): Exit.Exit<A, E | SimulationFailed> => {
  const { ending, exit, fibers, milliseconds, steps, trace } = outcome
  if (exit !== undefined && (ending === "done" || exit._tag === "Failure")) return exit
  const { alive } = fibers
  return Exit.fail(new SimulationFailed({ ending, milliseconds, steps, alive, lastLines: trace.tail(lastLines) }))
}

/**
 * The result of a run that has ended well; anything else is thrown: the program's own error, or {@link SimulationFailed}.
 *
 * @category running
 * @since 0.1.0
 */
export const resultOf = <A, E>(outcome: Outcome<A, E>): A => {
  const exit = exitOf(outcome)
  if (exit._tag === "Failure") throw Cause.squash(exit.cause)
  return exit.value
}

/**
 * Runs a program to its end, as an effect.
 *
 * **When to use**
 *
 * In any test runner: `it.effect("…", () => Simulation.effect(program))`. The program runs on a clock and a scheduler of its
 * own and does not see those of the test.
 *
 * **Shapes**
 *
 * - Services that the program needs besides are those of the caller. A network has to be the program's own: that of the caller
 *   delivers on the caller's clock, which stands still meanwhile. Layers that the program provides are built anew.
 *
 * **Errors**
 *
 * Fails with the program's own error, or with {@link SimulationFailed} if it did not come to its end; dies of `InvalidOptions`.
 *
 * **Interruption**
 *
 * None: the whole run is one operation of the calling fiber.
 *
 * @category running
 * @since 0.1.0
 */
export const effect = <A, E, R>(
  program: Effect.Effect<A, E, R>,
  options: SimulationOptions = {}
): Effect.Effect<A, E | SimulationFailed, Exclude<R, Scope.Scope>> =>
  Effect.contextWith((services: Context.Context<Exclude<R, Scope.Scope>>) => {
    // A layer that the caller has built too would otherwise be the caller's, on the caller's clock.
    const own = Context.add(services, Layer.CurrentMemoMap, Layer.makeMemoMapUnsafe())
    return exitOf(runIn(own, Effect.scoped(program), optionsOf(options)))
  })

/**
 * A scheduler that makes the fibers of a test take turns in a seeded order, driven by the scheduler of the test.
 *
 * **When to use**
 *
 * Where a test cannot leave `it.effect` and its `TestClock`; otherwise prefer {@link effect}, which needs nothing of what follows.
 *
 * ```ts
 * it.effect("…", () => program.pipe(Effect.provide(Simulation.schedulerLayer(7))))
 * ```
 *
 * **Shapes**
 *
 * - A number is the seed of a random walk.
 * - It takes the scheduler that is current where the layer is built for its host, so it works above `TestClock` and below it.
 *
 * **Limits**
 *
 * - Move the clock in small steps: `TestClock.adjust` waits for the fibers that it wakes, but others may not have come to their
 *   own sleep when it looks, and then sleep from a later time on.
 * - `TestClock` waits for a woken fiber for `warningDelay` of *real* time, one second in `it.effect`; on a machine that is busy for
 *   longer the same seed may give another order. `TestClock.layer({ warningDelay: "1 hour" })` does not.
 * - Promises, host timers and sockets come when they come.
 * - Below `TestClock`, which wraps dispatchers, a `pct` schedule has priorities and no forced yields.
 *
 * @category layers
 * @since 0.1.0
 */
export const schedulerLayer = (schedule: number | Schedule): Layer.Layer<never> =>
  Layer.effect(
    Scheduler.Scheduler,
    Effect.map(Scheduler.Scheduler, (host) => {
      const chosen = typeof schedule === "number" ? random(schedule) : schedule
      validate(chosen)
      return new HostedScheduler(strategyOf(chosen), host)
    })
  )

/**
 * A run and, if the same run a second time went otherwise, where.
 *
 * @category models
 * @since 0.1.0
 */
export interface Twice<A, E> {
  readonly outcome: Outcome<A, E>
  readonly difference: Difference | undefined
}

/**
 * Runs a program twice and compares the traces.
 *
 * **When to use**
 *
 * To find what makes a program depend on something else than its seed and schedule: the time of day, randomness of its own, a
 * collection keyed by functions, state that outlives a run.
 *
 * **Shapes**
 *
 * - `make` is called for each run, so that each has its own state.
 * - `difference`: the first entry that differs, as printed both times.
 *
 * @category running
 * @source I-S22
 * @since 0.1.0
 */
export const sameTwice = <A, E>(
  make: () => Effect.Effect<A, E, Scope.Scope>,
  options: SimulationOptions = {}
): Twice<A, E> => {
  const outcome = run(Effect.suspend(make), options)
  return { outcome, difference: differenceOf(outcome, run(Effect.suspend(make), options)) }
}
