/**
 * Keeps what a strategy decides.
 *
 * @since 0.1.0
 */
import type { RecordedSchedule } from "../../Schedule.ts"
import type { Strategy } from "./Strategy.ts"

/**
 * The same strategy, and its departures from first ready, first run so far.
 *
 * - `departed`: is told of each in words, just before it takes effect.
 *
 * @category constructors
 * @since 0.1.0
 */
export const recording = (
  strategy: Strategy,
  departed?: (text: string) => void
): Strategy & { readonly schedule: RecordedSchedule } => {
  const choices: Array<readonly [number, number]> = []
  const yields: Array<readonly [number, number]> = []
  let decision = 0
  return {
    schedule: { choices, yields },
    meet: strategy.meet,
    choose: (ready) => {
      const at = strategy.choose(ready)
      if (at > 0) {
        choices.push([decision, at])
        departed?.(`another one goes first (decision ${decision})`)
      }
      decision++
      return at
    },
    yields: (life, own, ready) => {
      const isForced = strategy.yields(life, own, ready)
      if (isForced) {
        yields.push([life.ordinal, life.operations])
        departed?.(`fiber ${life.ordinal} has to yield (operation ${life.operations})`)
      }
      return isForced
    }
  }
}
