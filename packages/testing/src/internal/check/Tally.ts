/**
 * What all runs of a check add up to.
 *
 * @since 0.1.0
 */
import type { CheckReport } from "../../CheckReport.ts"
import type { Outcome } from "../../Simulation.ts"

/** Runs below which a situation that was not reached says nothing. */
export const runsForCoverage = 200

/**
 * Adds up runs.
 *
 * @category models
 * @since 0.1.0
 */
export class Tally {
  private readonly property: string
  private readonly seed: number
  private readonly situations: Map<string, number>
  private steps = 0
  private milliseconds = 0
  runs = 0
  batches = 0

  constructor(property: string, seed: number, declared: ReadonlyArray<string>) {
    this.property = property
    this.seed = seed
    this.situations = new Map(declared.map((situation) => [situation, 0]))
  }

  readonly add = ({ milliseconds, situations, steps }: Outcome<unknown, unknown>): void => {
    this.runs++
    this.steps += steps
    this.milliseconds += milliseconds
    for (const [situation, count] of situations) {
      this.situations.set(situation, (this.situations.get(situation) ?? 0) + count)
    }
  }

  get report(): CheckReport {
    const { batches, milliseconds, property, runs, seed, situations, steps } = this
    return { property, seed, runs, batches, situations, steps, milliseconds }
  }
}
