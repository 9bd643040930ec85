/**
 * What a run knows of its fibers.
 *
 * @since 0.1.0
 */

/**
 * One fiber, from the first operation on at which it may yield.
 *
 * @category models
 * @since 0.1.0
 */
export class FiberLife {
  /** By the order in which fibers ran for the first time: the fibers' own ids go on from run to run. */
  readonly ordinal: number
  /** Operations so far, over its whole life. */
  operations = 0
  /** The strategy is asked from this operation on. */
  askedFrom = Number.POSITIVE_INFINITY

  constructor(ordinal: number) {
    this.ordinal = ordinal
  }
}
