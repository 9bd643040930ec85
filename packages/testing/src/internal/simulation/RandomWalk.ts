/**
 * Anybody may be next, and anybody may have to yield anywhere.
 *
 * @since 0.1.0
 */
import { fractionFor, seeded } from "./SeededRandom.ts"
import type { Strategy } from "./Strategy.ts"

/**
 * After a forced yield a fiber first gets somewhere: one that had to yield each time it is asked would never end.
 *
 * @category constants
 * @since 0.1.0
 */
export const graceOperations = 3

/**
 * A random walk. Where a fiber has to yield belongs to the fiber and its operation, so that it stays where it is when a program
 * is made smaller elsewhere.
 *
 * @category constructors
 * @since 0.1.0
 */
export const randomWalk = (seed: number, operationsPerYield: number): Strategy => {
  const draw = seeded(seed)
  /** Of `1 - 1 / n`, the chance of an operation to pass. */
  const logOfPassing = Math.log1p(-1 / operationsPerYield)
  /** As many operations as pass when each has the same chance not to: one draw, not one for each. */
  const passing = (fraction: number): number => Math.floor(Math.log1p(-fraction) / logOfPassing)
  return {
    choose: (ready) => draw(ready.length),
    meet: (life) => {
      life.askedFrom = 1 + passing(fractionFor(seed, life.ordinal, 0))
    },
    yields: (life) => {
      life.askedFrom = life.operations + graceOperations + passing(fractionFor(seed, life.ordinal, life.operations))
      return true
    }
  }
}
