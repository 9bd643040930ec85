/**
 * Looks for a run in which the server, as it was loaded, breaks an invariant.
 */
import * as Check from "@tidegate/testing/Check"
import type { CheckFailed } from "@tidegate/testing/CheckFailed"
import type { CheckReport } from "@tidegate/testing/CheckReport"
import type { Fixture } from "@tidegate/testing/Fixture"
import * as Clock from "effect/Clock"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Finding } from "./Finding.ts"

/** A property of any scenario. */
export interface Searched {
  readonly name: string
  readonly check: (options: Check.CheckOptions) => Effect.Effect<CheckReport, CheckFailed>
  readonly replay: (fixture: unknown) => Effect.Effect<void, CheckFailed>
}

export const searched = <S, A>(property: Check.Property<S, A>): Searched => ({
  name: property.name,
  check: (options) => Check.check(property, options),
  replay: (fixture) => Check.replay(property, fixture)
})

/** - `runs`: of each property. `maxShrinks`: 0 leaves the scenario as it was found. `fixture`: tried before anything is searched. */
export interface SearchOptions {
  readonly mutation: string
  readonly fixture: unknown
  readonly runs: number
  readonly maxShrinks: number
  readonly determinism: "always" | "never"
}

/** Too few for a check to ask which situations it has met: a broken server need not meet them all. */
const batchRuns = 50

/** Batch after batch, each with a seed of its own, until one fails. */
export const search = (properties: ReadonlyArray<Searched>, options: SearchOptions): Effect.Effect<Finding> =>
  // What somebody asks of the checks in general is no business of this one.
  Effect.provideService(searching(properties, options), ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({}))

const searching = Effect.fnUntraced(function* (properties: ReadonlyArray<Searched>, options: SearchOptions) {
  const { determinism, mutation } = options
  const start = yield* Clock.currentTimeMillis
  let runs = 0
  for (const property of options.fixture === undefined ? [] : properties) {
    const found = yield* Effect.result(property.replay(options.fixture))
    // One that no longer fits the scenarios is of no use; what it has found can still be searched.
    if (Result.isSuccess(found) || isUnusable(found.failure)) continue
    const millisecondsToFind = (yield* Clock.currentTimeMillis) - start
    return { mutation, ...foundBy(found.failure, 0), kept: true, runs: 1, millisecondsToFind }
  }
  for (let seed = 1; (seed - 1) * batchRuns < options.runs; seed++) {
    for (const property of properties) {
      const settings = { runs: batchRuns, seed, determinism, maxShrinks: 0 }
      const [took, found] = yield* timed(property.check(settings))
      runs += Result.isSuccess(found) ? found.success.runs : found.failure.runs
      if (Result.isSuccess(found)) continue
      if (isUnusable(found.failure)) return yield* Effect.die(found.failure)
      const millisecondsToFind = (yield* Clock.currentTimeMillis) - start
      const smallest = yield* shrunk(property, found.failure, took, { ...settings, maxShrinks: options.maxShrinks })
      return { mutation, ...smallest, runs, millisecondsToFind }
    }
  }
  return { mutation, ...survived, runs, millisecondsToFind: (yield* Clock.currentTimeMillis) - start }
})

const timed = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<readonly [number, Result.Result<A, E>]> =>
  Effect.flatMap(Clock.currentTimeMillis, (start) =>
    Effect.flatMap(Effect.result(effect), (result) =>
      Effect.map(Clock.currentTimeMillis, (end) => [end - start, result] as const)
    )
  )

/** The same batch once more, so that the time for shrinking is known by itself. */
const shrunk = (
  { check }: Searched,
  failure: CheckFailed,
  millisecondsToFail: number,
  settings: Check.CheckOptions
): Effect.Effect<Failed> =>
  settings.maxShrinks === 0
    ? Effect.succeed(foundBy(failure, 0))
    : Effect.map(timed(check(settings)), ([took, again]) =>
        foundBy(Result.isFailure(again) ? again.failure : failure, Math.max(0, took - millisecondsToFail))
      )

type Failed = Omit<Finding, "mutation" | "runs" | "millisecondsToFind">

const foundBy = (failure: CheckFailed, millisecondsToShrink: number): Failed => {
  const { detail, fixture, invariant, property } = failure
  const name = invariants[invariant] ?? invariant
  return {
    property,
    invariant: name,
    detail,
    millisecondsToShrink,
    kept: false,
    fixture: fixture ?? null,
    ...sizeOf(fixture)
  }
}

const survived = {
  property: "",
  invariant: null,
  detail: "survived",
  millisecondsToShrink: 0,
  clients: 0,
  commands: 0,
  choices: 0,
  yields: 0,
  kept: false,
  fixture: null
}

/** Nothing was run, or nothing broken was seen. */
const isUnusable = ({ fixture }: CheckFailed): boolean => fixture === undefined

/** What a check calls by a name of its own. */
const invariants: Readonly<Record<string, string>> = {
  deadlock: "I-L0",
  livelock: "I-L0",
  endless: "I-L0",
  leftover: "I-S3",
  nondeterminism: "I-S22"
}

const sizeOf = (fixture: Fixture | undefined) => {
  const schedule = fixture?.schedule
  const recorded = schedule?._tag === "recorded" ? schedule.schedule : undefined
  return {
    clients: lengthOf(fixture?.scenario, "clients") + lengthOf(fixture?.scenario, "siblings"),
    commands: lengthOf(fixture?.scenario, "commands"),
    choices: recorded?.choices.length ?? 0,
    yields: recorded?.yields.length ?? 0
  }
}

const lengthOf = (scenario: unknown, key: string): number => {
  const list: unknown = typeof scenario === "object" && scenario !== null ? Reflect.get(scenario, key) : undefined
  return Array.isArray(list) ? list.length : 0
}
