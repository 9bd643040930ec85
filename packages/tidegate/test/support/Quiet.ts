/**
 * Letting a program on the simulated network come to rest.
 */
import * as Effect from "effect/Effect"

/** More turns than anything on the simulated network waits without a clock. */
const quietTurns = 40

/**
 * Yields until `progress` has given the same number for many turns: then nothing moves any more before somebody acts or the clock
 * is turned.
 */
export const settled = (progress: () => number): Effect.Effect<void> =>
  Effect.suspend(() => {
    const wait = (seen: number, turns: number): Effect.Effect<void> =>
      turns === quietTurns
        ? Effect.void
        : Effect.flatMap(Effect.yieldNow, () => {
            const now = progress()
            return wait(now, now === seen ? turns + 1 : 0)
          })
    return wait(progress(), 0)
  })
