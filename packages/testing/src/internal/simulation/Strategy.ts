/**
 * The choices that a schedule leaves open, made as they come up.
 *
 * @since 0.1.0
 */
import type { Schedule } from "../../Schedule.ts"
import { seeded } from "./SeededRandom.ts"

/**
 * Decides who is next, and who has to yield.
 *
 * @category models
 * @since 0.1.0
 */
export interface Strategy {
  /** Which of the ready ones, oldest first, runs next; asked only when there are two or more. */
  readonly choose: (ready: number) => number
  /** Whether a fiber has to yield before the operation that it is about to run. */
  readonly yields: () => boolean
}

/**
 * The strategy of a schedule.
 *
 * @category constructors
 * @since 0.1.0
 */
export const strategyOf = (schedule: Schedule): Strategy => {
  if (schedule._tag === "fifo") return { choose: () => 0, yields: () => false }
  const draw = seeded(schedule.seed)
  return { choose: draw, yields: () => draw(schedule.operationsPerYield) === 0 }
}
