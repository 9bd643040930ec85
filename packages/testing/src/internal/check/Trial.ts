/**
 * One run of a property.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type { Property } from "../../Check.ts"
import type { Schedule } from "../../Schedule.ts"
import type { Outcome } from "../../Simulation.ts"
import { differenceOf } from "../simulation/Difference.ts"
import { optionsOf } from "../simulation/Options.ts"
import { runIn } from "../simulation/Run.ts"
import { withoutStacks } from "../simulation/Stacks.ts"
import { type Remark, Watch } from "../simulation/Watch.ts"
import { failed, type Problem, problemOf } from "./Problem.ts"

/**
 * Everything that a run depends on.
 *
 * @category models
 * @since 0.1.0
 */
export interface Input<S> {
  readonly scenario: S
  readonly seed: number
  readonly schedule: Schedule
}

/**
 * What became of it.
 *
 * - `remarks`: what is to be said beside the trace, in the order in which it happened; nothing unless it is for people.
 *
 * @category models
 * @since 0.1.0
 */
export interface Trial {
  readonly outcome: Outcome<unknown, unknown>
  readonly problem: Problem | undefined
  readonly remarks: ReadonlyArray<Remark>
}

/**
 * What is wanted of a run besides its outcome.
 *
 * - `forPeople`: with stacks and remarks, and what the program logs is logged. A search runs thousands, of which nobody wants to read.
 */
interface TrialOptions {
  readonly record?: boolean
  readonly forPeople?: boolean
}

/** Runs a property once. */
export const tryOnce = <S, A>(property: Property<S, A>, input: Input<S>, options: TrialOptions = {}): Trial =>
  options.forPeople === true ? trial(property, input, options) : withoutStacks(() => trial(property, input, options))

const trial = <S, A>(property: Property<S, A>, input: Input<S>, options: TrialOptions): Trial => {
  const watch = options.forPeople === true ? new Watch() : undefined
  const outcome = outcomeOf(property, input, options, watch)
  const left = watch === undefined || outcome.ending !== "leftover" ? [] : watch.left
  const ordinals = left.map(({ ordinal }) => ordinal)
  const problem = problemOf(property, input.scenario, outcome, ordinals)
  // Of a whole walk there are more than entries; a schedule on record names each.
  const departures = watch !== undefined && input.schedule._tag === "recorded" ? watch.departures : []
  const stops = problem?.invariant === "leftover" ? left : []
  return { outcome, problem, remarks: [...departures, ...stops].sort((a, b) => a.moment - b.moment) }
}

const outcomeOf = <S, A>(
  property: Property<S, A>,
  { scenario, schedule, seed }: Input<S>,
  { forPeople = false, record = false }: TrialOptions,
  watch?: Watch
): Outcome<A, unknown> => {
  const { maxMilliseconds, maxSteps = defaultMaxSteps } = property
  const program = Effect.scoped(Effect.suspend(() => property.run(scenario)))
  const options = optionsOf({ record, stacks: forPeople, seed, schedule, maxSteps, maxMilliseconds })
  // In the context: an operation of the program's own would move the places of recorded yields.
  return runIn(forPeople ? Context.empty() : silence, program, options, watch)
}

const silence = Context.make(Logger.CurrentLoggers, new Set())

/** Much more than a scenario of a test needs, and little enough to shrink one that goes round in circles. */
const defaultMaxSteps = 100_000

/** Runs a property twice; that the runs differ is a problem more than any that the first has met. */
export const tryTwice = <S, A>(property: Property<S, A>, input: Input<S>, options: TrialOptions = {}): Trial => {
  const first = tryOnce(property, input, options)
  // What `verify` finds in the same trace is the same, and asking it takes time.
  const second = outcomeOf(property, input, { ...options, forPeople: false })
  const difference = differenceOf(first.outcome, second) ?? differenceInFailures(first.outcome, second)
  return difference === undefined ? first : { ...first, problem: different(difference, first.problem) }
}

interface Difference {
  readonly at?: number
  readonly first: string
  readonly second: string
}

const differenceInFailures = (
  one: Outcome<unknown, unknown>,
  other: Outcome<unknown, unknown>
): Difference | undefined => {
  if (one.exit?._tag !== "Failure" || other.exit?._tag !== "Failure") return undefined
  const [first, second] = [failed(one.exit.cause).detail, failed(other.exit.cause).detail]
  return first === second ? undefined : { first, second }
}

const different = ({ at, first, second }: Difference, problem: Problem | undefined): Problem => ({
  invariant: "nondeterminism",
  kind: "nondeterminism",
  detail: `two runs with the same input differ:\n  ${first}\n  ${second}`,
  entry: at,
  cause: problem?.cause
})
