/**
 * In which order the fibers of a run take their turns.
 *
 * @since 0.1.0
 */
import { wholeNumber } from "./internal/WholeNumber.ts"

/**
 * How the order is chosen. Every order is one that the stock scheduler may make too.
 *
 * **Shapes**
 *
 * - `fifo`: first ready, first run, as the stock scheduler does; a fiber has to yield only where it does so there.
 * - `random`: any ready one is next, and each operation of a fiber is a place where it may have to yield: on average one in
 *   `operationsPerYield`.
 * - `pct`: each has a priority and the highest ready one is next; at `depth - 1` places among the first `operations` of the run
 *   the one that runs falls to the lowest.
 * - `recorded`: first ready, first run, but for the departures on record.
 *
 * @category models
 * @source Burckhardt et al., A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010 (`pct`)
 * @since 0.1.0
 */
export type Schedule =
  | { readonly _tag: "fifo" }
  | { readonly _tag: "random"; readonly seed: number; readonly operationsPerYield: number }
  | { readonly _tag: "pct"; readonly seed: number; readonly depth: number; readonly operations: number }
  | { readonly _tag: "recorded"; readonly schedule: RecordedSchedule }

/**
 * The departures of a run from first ready, first run, as plain JSON.
 *
 * **Shapes**
 *
 * - `choices`: at this decision, counted from 0 over those with two or more to choose from, the one at this index of the ready
 *   ones ran, oldest first; 0 everywhere else.
 * - `yields`: this fiber, counted from 0 in the order in which fibers run for the first time, had to yield before this operation
 *   of its own, counted from 1 over its whole life.
 *
 * @category models
 * @since 0.1.0
 */
export interface RecordedSchedule {
  readonly choices: ReadonlyArray<readonly [decision: number, index: number]>
  readonly yields: ReadonlyArray<readonly [fiber: number, operation: number]>
}

/**
 * First ready, first run.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fifo: Schedule = { _tag: "fifo" }

/** With 30, most defects of whole servers are found in the fewest runs; some need two yields close together. */
const operationsPerYield = [5, 15, 30, 30, 60]

/**
 * A random walk; the seed also picks how often fibers have to yield.
 *
 * @category constructors
 * @since 0.1.0
 */
export const random = (seed: number): Schedule => ({
  _tag: "random",
  seed,
  operationsPerYield: perYield(seed)
})

/** Whole lives of small servers have some hundreds to some thousands. */
const operations = 4096

/**
 * Priorities that change at a few places (probabilistic concurrency testing).
 *
 * **When to use**
 *
 * Beside `random`, for defects that need one fiber to fall far behind all others.
 *
 * **Shapes**
 *
 * - `depth`: how many orderings a defect takes; 1 is priorities without a change. Default 3.
 *
 * **Limits**
 *
 * - A fiber may be passed over a hundred times in a row: a program that waits by yielding some times waits for nothing. Sleep a
 *   millisecond instead, which lasts until nothing else is ready.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pct = (seed: number, depth = 3): Schedule => ({ _tag: "pct", seed, depth, operations })

/**
 * A run's order once more.
 *
 * **Shapes**
 *
 * - A schedule that does not fit the program still runs: an entry that is never reached is passed over, and an index beyond the
 *   last ready one is the last.
 *
 * @category constructors
 * @since 0.1.0
 */
export const recorded = (schedule: RecordedSchedule): Schedule => ({ _tag: "recorded", schedule })

const perYield = (seed: number): number =>
  operationsPerYield[Math.abs(Math.trunc(seed)) % operationsPerYield.length] ?? 30

/**
 * Throws `InvalidOptions` unless the schedule can be used.
 *
 * @category validation
 * @since 0.1.0
 */
export const validate = (schedule: Schedule): void => {
  switch (schedule._tag) {
    case "fifo":
      return
    case "random":
      wholeNumber("schedule.seed", schedule.seed)
      wholeNumber("schedule.operationsPerYield", schedule.operationsPerYield, { least: 1 })
      return
    case "pct":
      wholeNumber("schedule.seed", schedule.seed)
      wholeNumber("schedule.depth", schedule.depth, { least: 1 })
      wholeNumber("schedule.operations", schedule.operations, { least: 1 })
      return
    case "recorded":
      for (const [at, [decision, index]] of schedule.schedule.choices.entries()) {
        wholeNumber(`schedule.choices[${at}][0]`, decision, { least: 0 })
        wholeNumber(`schedule.choices[${at}][1]`, index, { least: 0 })
      }
      for (const [at, [fiber, operation]] of schedule.schedule.yields.entries()) {
        wholeNumber(`schedule.yields[${at}][0]`, fiber, { least: 0 })
        wholeNumber(`schedule.yields[${at}][1]`, operation, { least: 1 })
      }
  }
}
