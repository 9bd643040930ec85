/**
 * First ready, first run, but for the departures on record.
 *
 * @since 0.1.0
 */
import type { RecordedSchedule } from "../../Schedule.ts"
import type { Strategy } from "./Strategy.ts"

/**
 * Departs where the record says so.
 *
 * @category constructors
 * @since 0.1.0
 */
export const replay = (schedule: RecordedSchedule): Strategy => {
  const choices = new Map(schedule.choices)
  const yields = byFiber(schedule)
  let decision = 0
  return {
    choose: (ready) => Math.min(choices.get(decision++) ?? 0, ready.length - 1),
    meet: (life) => {
      life.askedFrom = yields.get(life.ordinal)?.at(-1) ?? Number.POSITIVE_INFINITY
    },
    yields: (life) => {
      const left = yields.get(life.ordinal) ?? []
      let isHere = false
      // What was passed where the fiber may not yield stays undone.
      for (let next = left.at(-1); next !== undefined && next <= life.operations; next = left.at(-1)) {
        isHere = next === life.operations
        left.pop()
      }
      life.askedFrom = left.at(-1) ?? Number.POSITIVE_INFINITY
      return isHere
    }
  }
}

/** The operations of each fiber, last first. */
const byFiber = (schedule: RecordedSchedule): Map<number, Array<number>> => {
  const yields = new Map<number, Array<number>>()
  for (const [fiber, operation] of schedule.yields) {
    const operations = yields.get(fiber)
    if (operations === undefined) yields.set(fiber, [operation])
    else operations.push(operation)
  }
  for (const operations of yields.values()) operations.sort((a, b) => b - a)
  return yields
}
