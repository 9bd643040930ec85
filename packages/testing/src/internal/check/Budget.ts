/**
 * How much more may be tried to make a failure smaller.
 *
 * @since 0.1.0
 */

/** What takes some seconds; it counts where each run goes on until it is cut off. */
const steps = 5_000_000

/**
 * What is left.
 *
 * @category models
 * @since 0.1.0
 */
export class Budget {
  private readonly runs: number
  private stepsLeft = steps
  /** Runs so far. */
  used = 0

  constructor(runs: number) {
    this.runs = runs
  }

  get isSpent(): boolean {
    return this.used >= this.runs || this.stepsLeft <= 0
  }

  spend(steps: number): void {
    this.used++
    this.stepsLeft -= steps
  }
}
