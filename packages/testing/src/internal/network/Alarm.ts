/**
 * One wake-up at a time on whatever clock is current.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { VirtualClock } from "../simulation/VirtualClock.ts"

/**
 * Wakes once at a time; setting it again takes the last setting back.
 *
 * **Shapes**
 *
 * - `now` and `at`: whole milliseconds of the clock.
 *
 * @category models
 * @since 0.1.0
 */
export interface Alarm {
  readonly now: () => number
  readonly set: (at: number, wake: () => void) => void
  readonly clear: () => void
}

/**
 * An alarm on the clock of the context. While it is not set, nothing sleeps.
 *
 * @category constructors
 * @since 0.1.0
 */
export const alarmOf = (context: Context.Context<never>): Alarm => {
  const clock = Context.get(context, Clock.Clock)
  return clock instanceof VirtualClock ? timerOf(clock) : sleeperOf(clock, context)
}

const timerOf = (clock: VirtualClock): Alarm => {
  let cancel = (): void => {}
  return {
    now: () => clock.currentTimeMillisUnsafe(),
    set: (at, wake) => {
      cancel()
      cancel = clock.scheduleUnsafe(at, wake)
    },
    clear: () => cancel()
  }
}

/** A fiber that sleeps, so that `TestClock` knows of it. */
const sleeperOf = (clock: Clock.Clock, context: Context.Context<never>): Alarm => {
  const fork = Effect.runForkWith(context)
  let sleeper: Fiber.Fiber<void> | undefined
  const clear = (): void => {
    const last = sleeper
    sleeper = undefined
    last?.interruptUnsafe()
  }
  const set = (at: number, wake: () => void): void => {
    clear()
    // `TestClock` does not sleep for nothing: then all is over, and perhaps set again, before the fiber is known here.
    let isOver = false
    const sleep = clock.sleep(Duration.millis(at - clock.currentTimeMillisUnsafe()))
    const own = fork(
      Effect.map(sleep, () => {
        isOver = true
        sleeper = undefined
        wake()
      })
    )
    if (!isOver) sleeper = own
  }
  return { now: () => Math.floor(clock.currentTimeMillisUnsafe()), set, clear }
}
