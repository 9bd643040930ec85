/**
 * Whole programs under one seed, as the properties of this package use them.
 */
import * as Schedule from "@tidegate/testing/Schedule"
import { resultOf, run } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/** A whole number in a plan, both bounds included. */
export const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

/** The seed of a run, as part of its plan, so that a plan says everything about its run. */
export const Seed = between(0, 1_000_000_000)

/** Lets others go first, some times. */
export const turns = (count: number): Effect.Effect<void> =>
  count === 0 ? Effect.void : Effect.repeat(Effect.yieldNow, { times: count - 1 })

/** The result of the program under this seed, or the first thing that went wrong, thrown. */
export const simulate = <A, E>(seed: number, program: Effect.Effect<A, E, Scope.Scope>): A => {
  const options = { seed, schedule: Schedule.random(seed) }
  try {
    return resultOf(run(program, options))
  } catch (error) {
    resultOf(run(program, { ...options, stacks: true }))
    throw new Error("not deterministic: it failed the first time only", { cause: error })
  }
}
