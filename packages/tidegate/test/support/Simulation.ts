/**
 * Runs a whole program, servers and clients and network, under one seed: one synchronous loop, virtual time, and a deadlock
 * reported in the instant in which it happens.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scheduler from "effect/Scheduler"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { JumpingClock } from "./JumpingClock.ts"
import { seeded } from "./SeededRandom.ts"
import { SeededScheduler } from "./SeededScheduler.ts"

/** A whole number in a plan, both bounds included. */
export const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

/** The seed of a run, as part of its plan, so that a plan says everything about its run. */
export const Seed = between(0, 1_000_000_000)

/** Lets others go first, some times. */
export const turns = (count: number): Effect.Effect<void> =>
  count === 0 ? Effect.void : Effect.repeat(Effect.yieldNow, { times: count - 1 })

/** More steps than any scenario here needs: whoever gets there is going round in circles. */
const maxSteps = 1_000_000

/**
 * The result of the program under this seed, or the first thing that went wrong, thrown.
 *
 * Equal seeds give equal runs. What the program leaves behind is an error: a task that can still run, or a sleeper.
 */
export const simulate = <A, E>(seed: number, program: Effect.Effect<A, E, Scope.Scope>): A => {
  try {
    return withoutStacks(() => runOnce(seed, program))
  } catch (error) {
    // The same once more, with stacks.
    runOnce(seed, program)
    throw new Error("not deterministic: it failed the first time only", { cause: error })
  }
}

/** Recording a stack for each of the network's errors takes a quarter of the time. */
const withoutStacks = <A>(run: () => A): A => {
  const limit: unknown = Reflect.get(Error, "stackTraceLimit")
  Reflect.set(Error, "stackTraceLimit", 0)
  try {
    return run()
  } finally {
    Reflect.set(Error, "stackTraceLimit", limit)
  }
}

const runOnce = <A, E>(seed: number, program: Effect.Effect<A, E, Scope.Scope>): A => {
  const scheduler = new SeededScheduler(seeded(seed))
  const clock = new JumpingClock()
  const context = Context.empty().pipe(Context.add(Clock.Clock, clock), Context.add(Scheduler.Scheduler, scheduler))
  const fiber = Effect.runForkWith(context)(Effect.scoped(program))
  const now = (): string => `at ${clock.currentTimeMillisUnsafe()} ms`
  for (let step = 0; fiber.pollUnsafe() === undefined; step++) {
    if (step === maxSteps) throw new Error(`livelock: not done after ${maxSteps} steps, ${now()}`)
    if (!scheduler.runOne() && !clock.jump()) throw new Error(`deadlock ${now()}`)
  }
  while (scheduler.runOne()) {
    // What nobody waits for, such as the yield of a fiber that was interrupted meanwhile.
  }
  const exit = fiber.pollUnsafe()
  if (exit === undefined) throw new Error(`not done ${now()}`)
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  if (clock.sleeping > 0) throw new Error(`${clock.sleeping} fibers still sleep ${now()}`)
  return exit.value
}
