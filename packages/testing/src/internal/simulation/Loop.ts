/**
 * The loop of a run: what is ready runs; when nothing is, the clock jumps.
 *
 * @since 0.1.0
 */
import type { Ending } from "../../Simulation.ts"
import type { ReadyList } from "./ReadyList.ts"
import type { VirtualClock } from "./VirtualClock.ts"

/**
 * What a loop works on, and how far it may go.
 *
 * @category models
 * @since 0.1.0
 */
export interface Loop {
  readonly ready: ReadyList
  readonly clock: VirtualClock
  readonly maxSteps: number
  readonly maxMilliseconds: number
}

/**
 * Runs until the program has ended, and then what is left of it at that time.
 *
 * @category running
 * @since 0.1.0
 */
export const runLoop = (loop: Loop, hasEnded: () => boolean, fibersAlive: () => number): Ending => {
  const { maxSteps, ready } = loop
  while (!hasEnded()) {
    if (ready.steps >= maxSteps) return "livelock"
    if (ready.runOne()) continue
    const problem = jump(loop)
    if (problem !== undefined) return problem
  }
  // What nobody waits for, such as the yield of a fiber that was interrupted meanwhile.
  while (ready.runOne()) if (ready.steps >= maxSteps) return "livelock"
  return loop.clock.sleeping > 0 || fibersAlive() > 0 ? "leftover" : "done"
}

const jump = ({ clock, maxMilliseconds }: Loop): "deadlock" | "endless" | undefined => {
  const { next } = clock
  if (next === undefined) return "deadlock"
  if (next > maxMilliseconds) return "endless"
  clock.jump()
  return undefined
}
