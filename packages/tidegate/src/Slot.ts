/**
 * A place among the connections that a server serves at once.
 *
 * @since 0.1.0
 */

/**
 * The place of one connection, from the step in which it is admitted on.
 *
 * **Shapes**
 *
 * - `id`: of the connection.
 * - `releaseUnsafe`: gives the place back, once, while the connection lives on; it keeps its file descriptor.
 * - `endUnsafe`: the connection is over, and so is whatever it still held.
 */
export interface Slot {
  readonly id: number
  readonly releaseUnsafe: () => void
  readonly endUnsafe: () => void
}

/** A place where none is counted. */
export const uncountedSlot = (id: number): Slot => ({ id, releaseUnsafe: () => {}, endUnsafe: () => {} })
