/**
 * Somebody who has something to run.
 *
 * @since 0.1.0
 */

/**
 * A queue of tasks in a list of ready ones: its own tasks keep their order, and in which order several of them take turns is open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Turn {
  /** By the order in which they were made in this run. */
  readonly ordinal: number
  /** The next task, no longer in the queue. */
  readonly take: () => Task | undefined
  /** Whether the turn ends with the task that was taken last: what is left has to wait for the next one. */
  readonly isOver: boolean
}

/**
 * One thing to run.
 *
 * @category models
 * @since 0.1.0
 */
export type Task = () => void

/**
 * Where turns wait. One that is added a second time, for what it gets while its turn has begun, waits at both places.
 *
 * @category models
 * @since 0.1.0
 */
export interface Turns {
  readonly add: (turn: Turn) => void
  /** From the first of its places. */
  readonly remove: (turn: Turn) => void
}
