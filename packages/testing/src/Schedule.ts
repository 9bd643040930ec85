/**
 * In which order the fibers of a run take their turns.
 *
 * @since 0.1.0
 */

/**
 * How the order is chosen. Every order is one that the stock scheduler may make too.
 *
 * - `fifo`: first ready, first run; nobody is made to yield.
 * - `random`: any ready one is next, and each operation of a fiber is a place where it may have to yield: on average one in
 *   `operationsPerYield`.
 *
 * @category models
 * @since 0.1.0
 */
export type Schedule =
  | { readonly _tag: "fifo" }
  | { readonly _tag: "random"; readonly seed: number; readonly operationsPerYield: number }

/**
 * First ready, first run.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fifo: Schedule = { _tag: "fifo" }

/** Around 30 most defects are found in the fewest runs, but some need two yields close together. */
const spread = [5, 15, 30, 30, 60]

/**
 * A random walk; the seed also picks how often fibers have to yield.
 *
 * @category constructors
 * @since 0.1.0
 */
export const random = (seed: number): Schedule => ({
  _tag: "random",
  seed,
  operationsPerYield: spread[Math.abs(seed) % spread.length] ?? 30
})
