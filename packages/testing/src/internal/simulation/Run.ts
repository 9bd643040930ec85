/**
 * One run: what its program sees of the world, and the loop that carries it out.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import * as Scheduler from "effect/Scheduler"
import { EventSink } from "tidegate/Events"
import { CurrentRun } from "../../CurrentRun.ts"
import { FiberCensus } from "../../FiberCensus.ts"
import type { Outcome } from "../../Simulation.ts"
import { Trace } from "../../Trace.ts"
import { runLoop } from "./Loop.ts"
import type { Options } from "./Options.ts"
import { ReadyList } from "./ReadyList.ts"
import { recording } from "./Recorder.ts"
import { randomOf } from "./SeededRandom.ts"
import { withoutStacks } from "./Stacks.ts"
import { strategyOf } from "./Strategy.ts"
import { VirtualClock } from "./VirtualClock.ts"
import { type Watch, WatchedReadyList } from "./Watch.ts"

/**
 * Runs a program that has these services, and besides them a clock, a scheduler, a census and a trace of its own.
 *
 * - `watch`: is told of this run, which goes no other way for it.
 *
 * @category running
 * @since 0.1.0
 */
export const runIn = <A, E, R>(
  services: Context.Context<R>,
  program: Effect.Effect<A, E, R>,
  { maxMilliseconds, maxSteps, record, schedule, seed, stacks }: Options,
  watch?: Watch
): Outcome<A, E> => {
  const strategy = strategyOf(schedule)
  const recorder = record || watch !== undefined ? recording(strategy, watch?.departed) : undefined
  const chosen = recorder ?? strategy
  const ready = watch === undefined ? new ReadyList(chosen) : new WatchedReadyList(chosen, watch)
  const clock = new VirtualClock(ready)
  const trace = new Trace(clock)
  const fibers = new FiberCensus()
  watch?.begin(() => ({ index: trace.entries.length, at: clock.currentTimeMillisUnsafe() }), fibers)
  const situations = new Map<string, number>()
  const sometimes = (situation: string): void => void situations.set(situation, (situations.get(situation) ?? 0) + 1)
  const context = services.pipe(
    Context.add(Clock.Clock, clock),
    Context.add(Scheduler.Scheduler, ready),
    Context.add(Metric.FiberRuntimeMetrics, fibers),
    Context.add(Random.Random, randomOf(seed)),
    Context.add(EventSink, trace.server),
    Context.add(CurrentRun, { seed, network: trace.network, note: trace.note, sometimes, fibers })
  )
  const simulate = () => {
    const fiber = Effect.runForkWith(context)(program)
    const loop = { ready, clock, maxSteps, maxMilliseconds }
    const hasEnded = () => fiber.pollUnsafe() !== undefined
    const ending = runLoop(loop, hasEnded, () => fibers.alive)
    return { ending, exit: fiber.pollUnsafe() }
  }
  const { ending, exit } = stacks ? simulate() : withoutStacks(simulate)
  const milliseconds = clock.currentTimeMillisUnsafe()
  const { steps } = ready
  const taken = record ? recorder?.schedule : undefined
  return { ending, exit, trace, milliseconds, steps, fibers, situations, schedule: taken }
}
