/**
 * Properties of whole programs: scenarios generated, run in many orders of their fibers, and shrunk to what a person can read.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { CheckFailed } from "./CheckFailed.ts"
import type { CheckReport } from "./CheckReport.ts"
import { inputOf, requested } from "./internal/check/Fixtures.ts"
import { coverageFailure, failureOf } from "./internal/check/Message.ts"
import { type Failure, Minimising } from "./internal/check/Minimising.ts"
import { Scenarios } from "./internal/check/Scenarios.ts"
import type { Schedules } from "./internal/check/Schedules.ts"
import { freshSeed, Searching, unusable } from "./internal/check/Searching.ts"
import { settingsOf } from "./internal/check/Settings.ts"
import { runsForCoverage, Tally } from "./internal/check/Tally.ts"
import { tryOnce, tryTwice } from "./internal/check/Trial.ts"
import type { Outcome } from "./Simulation.ts"

export type { Schedules } from "./internal/check/Schedules.ts"

/**
 * What has to hold for every scenario.
 *
 * **Shapes**
 *
 * - `name`: fixtures and the default seed go by it, so that it should be like no other.
 * - `scenario`: a schema, from which scenarios are generated, shrunk and written as JSON. Lists are short and long from the first
 *   run on; give them a minimum length if the empty one says nothing. Members that a union or a list of literals repeats are drawn
 *   more often.
 * - `run`: the program. It fails with, or throws, a {@link Violation} when an invariant does not hold; any other failure, and an
 *   interruption, is a `defect`.
 * - `verify`: throws a {@link Violation} after a run that has ended well, by one scan of `outcome.trace`; `value` is what the
 *   program gave.
 * - `sometimes`: situations that have to be reached at least once over a check of 200 runs or more.
 * - `schedules`: the orders of fibers that are tried; default `random`. `mixed` is mostly random walks, some PCT, some first ready,
 *   first run.
 * - `maxSteps`: tasks after which a run is a `livelock`; default 100,000. `maxMilliseconds`: virtual time after which it is
 *   `endless`; default one day.
 *
 * **Limits**
 *
 * - Equal scenarios have to give equal runs; see `Simulation.run` for what a program must not use. State that `run` shares with the
 *   runs before it makes a `nondeterminism`.
 * - A fiber that fails unseen is unseen here too: join it, or note it and let `verify` look.
 * - What the program logs is logged by the last run of a failure and by a replay, not by the thousands of a search.
 *
 * @category models
 * @since 0.1.0
 */
export interface Property<S, A> {
  readonly name: string
  readonly scenario: Schema.Codec<S, unknown>
  readonly run: (scenario: S) => Effect.Effect<A, unknown, Scope.Scope>
  readonly verify?: ((scenario: S, outcome: Outcome<A, unknown>, value: A) => void) | undefined
  readonly sometimes?: ReadonlyArray<string> | undefined
  readonly schedules?: Schedules | undefined
  readonly maxSteps?: number | undefined
  readonly maxMilliseconds?: number | undefined
}

/**
 * How much a check tries.
 *
 * **Shapes**
 *
 * - `runs`: scenarios, a whole number from 1; default 1,000. `SIM_RUNS` goes before it.
 * - `minutes`: for how long instead, a number above 0; batches of `runs` follow each other, each with a seed of its own.
 *   `SIM_MINUTES` goes before it.
 * - `seed`: of all scenarios and orders, a whole number from 0 below 2^31. By default it derives from the property's name, so that a
 *   build repeats itself; with `minutes` each batch has a fresh one, or the one after that of the batch before if the first was
 *   given. `SIM_SEED` goes before it.
 * - `maxShrinks`: runs that each of the seven passes may take that make a failure smaller; default 1,000, 0 shows it as it was found.
 * - `determinism`: how often a scenario is run twice and the traces compared: `always` is the default, a number n stands for every
 *   n-th run. A run that fails is compared unless `never` is said.
 *
 * @category options
 * @since 0.1.0
 */
export interface CheckOptions {
  readonly runs?: number | undefined
  readonly minutes?: number | undefined
  readonly seed?: number | undefined
  readonly maxShrinks?: number | undefined
  readonly determinism?: "always" | "never" | number | undefined
}

/**
 * Looks for a scenario in which the property does not hold.
 *
 * **When to use**
 *
 * As a test of any runner that can run an effect; on the live clock, because the search takes real time. The test needs a time limit
 * that leaves room for making a failure smaller, which takes some thousand runs.
 *
 * ```ts
 * const holds = <S, A>(property: Check.Property<S, A>) =>
 *   it.live(property.name, () => Check.check(property), { timeout: 120_000 })
 * ```
 *
 * **Shapes**
 *
 * - Each run has a scenario, a seed for what else is drawn at random in it, and an order of fibers that follows from that seed.
 * - The first failure ends the search. It is made small for as long as it stays the same one: first the scenario, then the order of
 *   fibers, of which only the yields and choices are kept that the failure needs, then both in turns.
 * - With `SIM_REPLAY` a fixture is all that is run: that of this property is replayed, and checks of others pass at once, with a
 *   report of no runs.
 *
 * **Errors**
 *
 * {@link CheckFailed}, also for options, variables, fixtures and schemas that are of no use: then it names key, value and what is
 * allowed.
 *
 * **Interruption**
 *
 * Between two runs. An interruption within the program of a property is its own affair, and a failure of that run.
 *
 * **Limits**
 *
 * - Minutes go by the `Clock` of the caller: under a test clock that nobody moves they never pass, which is an error.
 *
 * @see {@link replay} for failures to keep
 * @category checking
 * @source I-S22
 * @since 0.1.0
 */
export const check = <S, A>(
  property: Property<S, A>,
  options: CheckOptions = {}
): Effect.Effect<CheckReport, CheckFailed> => checked(property, options)

const checked = Effect.fnUntraced(function* <S, A>(property: Property<S, A>, options: CheckOptions) {
  const settings = yield* settingsOf(property, options)
  const { fresh, minutes, replay: text } = settings
  if (text !== undefined) {
    const wanted = yield* requested(property.name, text)
    if (wanted !== undefined) yield* replay(property, wanted.fixture)
    // A name that is mistyped would otherwise pass everywhere, and nobody would know that nothing was run.
    else yield* Effect.logWarning(`"${property.name}" was not checked: SIM_REPLAY is a fixture of another property`)
    return new Tally(property.name, settings.seed, []).report
  }
  const scenarios = yield* scenariosOf(property)
  const search = new Searching(property, scenarios, settings, minutes > 0 && fresh ? yield* freshSeed : settings.seed)
  const failure = yield* minutes > 0 ? search.forMinutes() : search.forRuns
  if (failure !== undefined) return yield* smallest(property, scenarios, failure, settings.maxShrinks, search)
  const { report } = search.tally
  const missing = report.runs < runsForCoverage ? undefined : coverageFailure(property.sometimes ?? [], report)
  return missing === undefined ? report : yield* missing
})

/**
 * Runs a fixture, twice.
 *
 * **When to use**
 *
 * For every failure that was ever found, in each build: `it.live("…", () => Check.replay(property, fixture))`, with the fixture
 * imported from its JSON file.
 *
 * **Errors**
 *
 * {@link CheckFailed} if an invariant is violated, whether or not it is the one for which the fixture was kept; and if it belongs to
 * another property, or does not fit its schema any more: then it names key, value and what is allowed.
 *
 * @category checking
 * @since 0.1.0
 */
export const replay = <S, A>(property: Property<S, A>, fixture: unknown): Effect.Effect<void, CheckFailed> =>
  replayed(property, fixture)

const replayed = Effect.fnUntraced(function* <S, A>(property: Property<S, A>, fixture: unknown) {
  const scenarios = yield* scenariosOf(property)
  const { input, invariant } = yield* inputOf(property, scenarios, fixture)
  const trial = tryTwice(property, input, { forPeople: true })
  const story = { runs: 1, text: `replayed from a fixture, kept because of ${invariant}` }
  if (trial.problem !== undefined) return yield* failureOf(property, scenarios, input, trial, trial.problem, story)
})

const scenariosOf = <S, A>(property: Property<S, A>): Effect.Effect<Scenarios<S>, CheckFailed> =>
  Effect.try({
    try: () => new Scenarios(property.scenario),
    catch: (cause) => unusable(property.name, cause)
  })

/** Fails with the smallest failure that there is time to find. */
const smallest = Effect.fnUntraced(function* <S, A>(
  property: Property<S, A>,
  scenarios: Scenarios<S>,
  failure: Failure<S>,
  maxShrinks: number,
  search: Searching<S, A>
) {
  const minimising = new Minimising(property, scenarios, failure, maxShrinks)
  yield* minimising.run()
  const { input, tried } = minimising
  const attempt = failure.problem.invariant === "nondeterminism" ? tryTwice : tryOnce
  const trial = attempt(property, input, { forPeople: true })
  const { report } = search.tally
  const doubt = trial.problem === undefined ? "; run once more it did not fail: the program does not repeat itself" : ""
  const text = `found in run ${report.runs}, with seed ${search.batchSeed}; made smaller by ${tried} more runs${doubt}`
  return yield* failureOf(property, scenarios, input, trial, trial.problem ?? failure.problem, {
    runs: report.runs,
    text
  })
})
