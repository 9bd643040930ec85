/**
 * The choices that a schedule leaves open, made as they come up.
 *
 * @since 0.1.0
 */
import type { Schedule } from "../../Schedule.ts"
import type { FiberLife } from "./FiberLife.ts"
import { pct } from "./Pct.ts"
import { randomWalk } from "./RandomWalk.ts"
import { replay } from "./Replay.ts"
import type { Turn } from "./Turn.ts"

/**
 * Decides who is next, and who has to yield.
 *
 * @category models
 * @since 0.1.0
 */
export interface Strategy {
  /** Which of the ready ones, oldest first, runs next; asked only when there are two or more. */
  readonly choose: (ready: ReadonlyArray<Turn>) => number
  /** A fiber is about to run for the first time; sets its `askedFrom`. */
  readonly meet: (life: FiberLife) => void
  /**
   * Whether this fiber has to yield before the operation that it is about to run; asked from `askedFrom` on, and only where it is
   * allowed to. Sets `askedFrom` anew. `own` is where the fiber will wait: a turn, unless somebody has wrapped the dispatcher.
   */
  readonly yields: (life: FiberLife, own: unknown, ready: ReadonlyArray<Turn>) => boolean
}

/**
 * The strategy of a schedule.
 *
 * @category constructors
 * @since 0.1.0
 */
export const strategyOf = (schedule: Schedule): Strategy => {
  switch (schedule._tag) {
    case "fifo":
      return replay({ choices: [], yields: [] })
    case "random":
      return randomWalk(schedule.seed, schedule.operationsPerYield)
    case "pct":
      return pct(schedule.seed, schedule.depth, schedule.operations)
    case "recorded":
      return replay(schedule.schedule)
  }
}
