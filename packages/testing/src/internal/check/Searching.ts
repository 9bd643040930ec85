/**
 * Looks for a scenario that fails.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Property } from "../../Check.ts"
import type { CheckFailed } from "../../CheckFailed.ts"
import type { Failure } from "./Minimising.ts"
import type { Scenarios } from "./Scenarios.ts"
import { scheduleOf } from "./Schedules.ts"
import { seedAt, seedsBelow } from "./Seeds.ts"
import type { Settings } from "./Settings.ts"
import { Tally } from "./Tally.ts"
import { type Input, type Trial, tryOnce, tryTwice } from "./Trial.ts"
import { unchecked } from "./Unchecked.ts"

/** Few, so that a check of few runs does not generate many; with more of them at a time none comes faster. */
const generatedAtOnce = 50

/** Batches of runs, each drawn from one seed, until one run fails. */
export class Searching<S, A> {
  readonly tally: Tally
  /** The seed of the batch that is on. */
  batchSeed: number
  private readonly property: Property<S, A>
  private readonly scenarios: Scenarios<S>
  private readonly settings: Settings

  constructor(property: Property<S, A>, scenarios: Scenarios<S>, settings: Settings, seed: number) {
    this.property = property
    this.scenarios = scenarios
    this.settings = settings
    this.batchSeed = seed
    this.tally = new Tally(property.name, seed, property.sometimes ?? [])
  }

  /** As many runs as asked for; a failure if there is one. */
  readonly forRuns: Effect.Effect<Failure<S> | undefined, CheckFailed> = Effect.suspend(() =>
    this.batch(Effect.succeed(false))
  )

  /** Batch after batch until the time is up. */
  readonly forMinutes = Effect.fnUntraced(function* (this: Searching<S, A>) {
    const clock = yield* Clock.Clock
    const start = clock.currentTimeMillisUnsafe()
    const isOver = Effect.suspend(() => {
      const passed = clock.currentTimeMillisUnsafe() - start
      if (passed === 0 && this.tally.runs >= runsWithoutTime)
        return Effect.fail(stopped(this.property.name, this.tally.runs))
      return Effect.succeed(passed >= this.settings.minutes * 60_000)
    })
    while (true) {
      const failure = yield* this.batch(isOver)
      if (failure !== undefined || (yield* isOver)) return failure
      this.batchSeed = this.settings.fresh ? yield* freshSeed : (this.batchSeed + 1) % seedsBelow
    }
  })

  private readonly batch = Effect.fnUntraced(function* (
    this: Searching<S, A>,
    isOver: Effect.Effect<boolean, CheckFailed>
  ) {
    this.tally.batches++
    for (let first = 0; first < this.settings.runs && !(yield* isOver); first += generatedAtOnce) {
      const seed = `${this.batchSeed}/${first}`
      const generated = yield* this.generate(seed, Math.min(generatedAtOnce, this.settings.runs - first))
      for (const [index, scenario] of generated.entries()) {
        // Timers and interruptions of the surrounding program get their turn.
        yield* Effect.yieldNow
        const input = this.inputOf(scenario, first + index)
        const { outcome, problem } = this.try(input, first + index)
        this.tally.add(outcome)
        if (problem !== undefined) return { origin: { seed, index }, input, problem }
      }
    }
    return undefined
  })

  private inputOf(scenario: S, run: number): Input<S> {
    const seed = seedAt(this.batchSeed, run)
    return { scenario, seed, schedule: scheduleOf(this.property.schedules ?? "random", seed) }
  }

  /** A failing run is compared with another one unless nobody wants to know. */
  private try(input: Input<S>, run: number): Trial {
    const { determinism } = this.settings
    if (determinism === "never") return tryOnce(this.property, input)
    if (determinism === "always" || run % determinism === 0) return tryTwice(this.property, input)
    const trial = tryOnce(this.property, input)
    return trial.problem === undefined ? trial : tryTwice(this.property, input)
  }

  private generate(seed: string, count: number): Effect.Effect<ReadonlyArray<S>, CheckFailed> {
    const { name } = this.property
    return Effect.catchCause(this.scenarios.generate(seed, count), (cause) => {
      if (Cause.hasInterrupts(cause))
        return Effect.failCause(Cause.fromReasons(cause.reasons.filter(Cause.isInterruptReason)))
      return Effect.fail(unusable(name, Cause.squash(cause)))
    })
  }
}

/** A seed that nobody has asked for. */
export const freshSeed: Effect.Effect<number> = Effect.map(Random.nextInt, (number) => Math.abs(number) % seedsBelow)

/** By then any clock that moves has moved. */
const runsWithoutTime = 10_000

const stopped = (property: string, runs: number): CheckFailed =>
  unchecked(
    property,
    "settings",
    `minutes need a clock that moves, but it stood still for ${runs} runs; run the check with it.live`
  )

/** The schema of the scenario gives none, or one that is not JSON. */
export const unusable = (property: string, cause: unknown): CheckFailed => {
  const reason = cause instanceof Error ? cause.message : JSON.stringify(cause)
  return unchecked(property, "scenario", `the schema of its scenario is of no use: ${reason}`, cause)
}
