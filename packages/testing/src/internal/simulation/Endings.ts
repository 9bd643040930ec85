/**
 * What the ways to end a run mean, in words.
 *
 * @since 0.1.0
 */
import type { Ending } from "../../Simulation.ts"

/** Why a run counts as having ended so. */
export const explanations: { readonly [ending in Ending]: string } = {
  done: "it has ended",
  deadlock:
    "nothing is ready, nothing is timed, and the program has not ended; promises, host timers and sockets are not waited for",
  livelock: "it goes round in circles, or needs more than maxSteps",
  endless: "it goes on and on, or needs more than maxMilliseconds",
  leftover: "the program has ended, and fibers that it has started have not"
}
