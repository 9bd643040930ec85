/**
 * Makes a failure small: its scenario, and the order of its fibers.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Property } from "../../Check.ts"
import type { Schedule } from "../../Schedule.ts"
import { Budget } from "./Budget.ts"
import { minimal } from "./DeltaDebugging.ts"
import { type Departure, departuresOf, scheduleOf } from "./Departures.ts"
import { onesAndTwos, placesOf } from "./Places.ts"
import { isSame, type Problem } from "./Problem.ts"
import type { Origin, Scenarios } from "./Scenarios.ts"
import { seedAt } from "./Seeds.ts"
import { type Input, type Trial, tryOnce, tryTwice } from "./Trial.ts"

/**
 * A failure, and how to come by its scenario again.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failure<S> {
  readonly origin: Origin
  readonly input: Input<S>
  readonly problem: Problem
}

/** Orders tried with a smaller scenario besides the one known to fail, whose places for a yield it may not have any more. */
const otherWalks = 10

/** The first in the order known, the others each in other ones: by then the planted defects of the tests are as small as can be. */
const roundsInVain = 6

/** Tries smaller inputs for as long as the budgets last. The seed stays as it is: a smaller one is no simpler. */
export class Minimising<S, A> {
  private readonly property: Property<S, A>
  private readonly scenarios: Scenarios<S>
  private readonly failure: Failure<S>
  private readonly maxShrinks: number
  /** The smallest so far. */
  input: Input<S>
  /** How many smaller inputs were run. */
  tried = 0

  constructor(property: Property<S, A>, scenarios: Scenarios<S>, failure: Failure<S>, maxShrinks: number) {
    this.property = property
    this.scenarios = scenarios
    this.failure = failure
    this.maxShrinks = maxShrinks
    this.input = failure.input
  }

  /** The scenario, then the schedule; with a smaller schedule an even smaller scenario may fail, which may need less. */
  readonly run = Effect.fnUntraced(function* (this: Minimising<S, A>) {
    const { failure, maxShrinks, scenarios } = this
    const first = new Budget(maxShrinks)
    yield* scenarios.shrink(failure.origin, maxShrinks, (scenario) => this.replaceBy(scenario, [], first))
    yield* this.reduceSchedule(new Budget(maxShrinks))
    const rest = new Budget(2 * maxShrinks)
    for (let round = 0, inVain = 0; inVain < roundsInVain && !rest.isSpent; round++) {
      const isSmaller = yield* this.simplify(round === 0 ? [] : this.otherOrders(round), rest)
      if (isSmaller) yield* this.reduceSchedule(rest)
      else if (this.input.schedule._tag === "fifo") break
      inVain = isSmaller ? 0 : inVain + 1
    }
    // With a budget of its own: what was left for the last order may not have been enough.
    yield* this.reduceSchedule(new Budget(maxShrinks))
    yield* this.findSchedule(new Budget(2 * maxShrinks))
  })

  /** Others in each round; none where the failure needs no special order. In a small scenario, yields have to be close together. */
  private otherOrders(round: number): ReadonlyArray<Schedule> {
    const { schedule, seed } = this.input
    if (schedule._tag === "fifo") return []
    return Array.from({ length: otherWalks }, (_, at) => ({
      _tag: "random",
      seed: seedAt(seed, round * otherWalks + at),
      operationsPerYield: at % 2 === 0 ? 4 : 12
    }))
  }

  /** True if a simpler scenario was found that fails in the order known or in one of the others. */
  private readonly simplify = Effect.fnUntraced(function* (
    this: Minimising<S, A>,
    others: ReadonlyArray<Schedule>,
    budget: Budget
  ) {
    let found = false
    for (let isSmaller = true; isSmaller; found ||= isSmaller) {
      isSmaller = false
      for (const scenario of this.scenarios.simplerThan(this.input.scenario)) {
        isSmaller = yield* this.replaceBy(scenario, others, budget)
        if (isSmaller || budget.isSpent) break
      }
    }
    return found
  })

  /** Takes the scenario if it fails in the order known, or in one of the others. */
  private readonly replaceBy = Effect.fnUntraced(function* (
    this: Minimising<S, A>,
    scenario: S,
    others: ReadonlyArray<Schedule>,
    budget: Budget
  ) {
    for (const schedule of [this.input.schedule, ...others]) {
      const input = { ...this.input, scenario, schedule }
      if (!(yield* this.fails(input, budget))) continue
      this.input = input
      return true
    }
    return false
  })

  /** Leaves out of the order taken whatever the failure does not need. */
  private readonly reduceSchedule = Effect.fnUntraced(function* (this: Minimising<S, A>, budget: Budget) {
    const { input, property } = this
    const taken = tryOnce(property, input, { record: true }).outcome.schedule
    if (taken === undefined) return
    const failsWith = (departures: ReadonlyArray<Departure>): Effect.Effect<boolean> =>
      this.fails({ ...input, schedule: scheduleOf(departures) }, budget)
    const departures = departuresOf(taken)
    // A program that does not repeat itself may go otherwise this time.
    if (!(yield* failsWith(departures))) return
    this.input = { ...input, schedule: scheduleOf(yield* minimal(departures, failsWith)) }
  })

  /** What is left by leaving out can be more than what is needed: looks for one or two yields that do it by themselves. */
  private readonly findSchedule = Effect.fnUntraced(function* (this: Minimising<S, A>, budget: Budget) {
    const { input, property } = this
    const { schedule } = input
    if (schedule._tag !== "recorded") return
    const known = departuresOf(schedule.schedule)
    if (known.length <= 1) return
    for (const departures of onesAndTwos(placesOf(property, input), known)) {
      if (departures.length >= known.length || budget.isSpent) return
      const smaller = { ...input, schedule: scheduleOf(departures) }
      if (!(yield* this.fails(smaller, budget))) continue
      this.input = smaller
      return
    }
  })

  /** Whether the input fails in the same way; once the budget is spent nothing does. */
  private fails(input: Input<S>, budget: Budget): Effect.Effect<boolean> {
    if (budget.isSpent) return Effect.succeed(false)
    return Effect.map(Effect.yieldNow, () => {
      const { outcome, problem } = this.try(input)
      budget.spend(outcome.steps)
      this.tried++
      return isSame(this.failure.problem, problem)
    })
  }

  private try(input: Input<S>): Trial {
    const { invariant } = this.failure.problem
    return invariant === "nondeterminism" ? tryTwice(this.property, input) : tryOnce(this.property, input)
  }
}
