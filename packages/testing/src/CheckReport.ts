/**
 * What a check that has found nothing has to say.
 *
 * @since 0.1.0
 */

/**
 * How much a check has looked at.
 *
 * **Shapes**
 *
 * - `runs`: scenarios run; the second run that compares traces counts as the same one. `seed`: of the whole check.
 * - `batches`: how many seeds were used; one, unless the check went on for some minutes.
 * - `situations`: how often each situation was reached, the declared ones first.
 * - `steps`: tasks run; `milliseconds`: virtual time, both over all runs.
 *
 * @category models
 * @since 0.1.0
 */
export interface CheckReport {
  readonly property: string
  readonly seed: number
  readonly runs: number
  readonly batches: number
  readonly situations: ReadonlyMap<string, number>
  readonly steps: number
  readonly milliseconds: number
}
