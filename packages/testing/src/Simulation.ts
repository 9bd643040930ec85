/**
 * Runs a whole program, servers and clients and network, in one synchronous loop: virtual time, a chosen order of fibers, and a
 * deadlock reported in the instant in which it happens.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Scheduler from "effect/Scheduler"
import type * as Scope from "effect/Scope"
import { EventSink } from "tidegate/Events"
import { CurrentRun } from "./CurrentRun.ts"
import { FiberCensus } from "./FiberCensus.ts"
import { ReadyList } from "./internal/simulation/ReadyList.ts"
import { strategyOf } from "./internal/simulation/Strategy.ts"
import { VirtualClock } from "./internal/simulation/VirtualClock.ts"
import { fifo, type Schedule } from "./Schedule.ts"
import { Trace } from "./Trace.ts"

/**
 * Options of a run.
 *
 * **Shapes**
 *
 * - `seed`: of everything but the order of fibers, such as a network's latencies; default 0.
 * - `schedule`: the order of fibers; default first ready, first run.
 * - `maxSteps`: tasks after which the run counts as going round in circles; default 1,000,000.
 * - `maxMilliseconds`: virtual time after which it counts as never ending; default one day.
 *
 * @category options
 * @since 0.1.0
 */
export interface SimulationOptions {
  readonly seed?: number | undefined
  readonly schedule?: Schedule | undefined
  readonly maxSteps?: number | undefined
  readonly maxMilliseconds?: number | undefined
}

/**
 * How a run ended.
 *
 * - `done`: the program has ended, with `exit`, and left nothing behind.
 * - `deadlock`: nothing can run and nobody sleeps. `livelock`: more than `maxSteps`. `endless`: more than `maxMilliseconds`.
 * - `leftover`: the program has ended and fibers still sleep.
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
}

/**
 * Runs a program to its end, in this call.
 *
 * **Shapes**
 *
 * - The events of servers made by the program are in the trace, unless it provides an `EventSink` of its own.
 * - Equal programs, seeds and schedules give equal runs.
 *
 * **Limits**
 *
 * - Only what runs on Effect's clock and scheduler is simulated: promises, host timers and real sockets are not waited for.
 *
 * @category running
 * @source I-S22
 * @since 0.1.0
 */
export const run = <A, E>(
  program: Effect.Effect<A, E, Scope.Scope>,
  options: SimulationOptions = {}
): Outcome<A, E> => {
  const { maxMilliseconds = 86_400_000, maxSteps = 1_000_000, schedule = fifo, seed = 0 } = options
  const ready = new ReadyList(strategyOf(schedule))
  const clock = new VirtualClock()
  const trace = new Trace(clock)
  const fibers = new FiberCensus()
  const situations = new Map<string, number>()
  const sometimes = (situation: string): void => void situations.set(situation, (situations.get(situation) ?? 0) + 1)
  const context = Context.empty().pipe(
    Context.add(Clock.Clock, clock),
    Context.add(Scheduler.Scheduler, ready),
    Context.add(Metric.FiberRuntimeMetrics, fibers),
    Context.add(EventSink, trace.server),
    Context.add(CurrentRun, { seed, network: trace.network, note: trace.note, sometimes, fibers })
  )
  const fiber = Effect.runForkWith(context)(Effect.scoped(program))
  let steps = 0
  let ending: Ending = "done"
  while (fiber.pollUnsafe() === undefined) {
    if (steps++ === maxSteps) ending = "livelock"
    else if (ready.runOne()) continue
    else if (!clock.jump()) ending = "deadlock"
    else if (clock.currentTimeMillisUnsafe() <= maxMilliseconds) continue
    else ending = "endless"
    break
  }
  // What nobody waits for, such as the yield of a fiber that was interrupted meanwhile.
  while (ending === "done" && ready.runOne()) if (steps++ >= maxSteps) ending = "livelock"
  if (ending === "done" && clock.sleeping > 0) ending = "leftover"
  const milliseconds = clock.currentTimeMillisUnsafe()
  return { ending, exit: fiber.pollUnsafe(), trace, milliseconds, steps, fibers, situations }
}

/**
 * The result of a run that has ended well; anything else is thrown.
 *
 * @category running
 * @since 0.1.0
 */
export const resultOf = <A, E>({ ending, exit, milliseconds }: Outcome<A, E>): A => {
  if (exit !== undefined && exit._tag === "Failure") throw Cause.squash(exit.cause)
  if (exit === undefined || ending !== "done") throw new Error(`${ending}, at ${milliseconds} ms`)
  return exit.value
}
