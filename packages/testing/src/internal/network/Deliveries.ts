/**
 * The pump: everything that travels in the network is delivered here, in the order in which it was sent.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import { WakeList, waitUntil } from "tidegate/WakeList"

/**
 * One thing that arrives; it runs in a step of its own and never suspends.
 *
 * @category models
 * @since 0.1.0
 */
export type Delivery = () => void

/**
 * Delivers in the order of posting, in turns: what is posted during a turn belongs to the next one.
 *
 * Two rules follow from having one list on the program's own scheduler. A receiver never runs inside the sender's step: whoever
 * posts goes on to its own next suspension first. And the order depends on nothing but the program, so that equal runs give
 * equal traces.
 *
 * @category models
 * @since 0.1.0
 */
export interface Deliveries {
  readonly post: (delivery: Delivery) => void
}

/**
 * Deliveries, and what their network needs besides.
 *
 * **Shapes**
 *
 * - `quiet`: completes after two turns in a row in which nothing arrived; at once after the end.
 * - `end`: what is under way or posted later is never delivered.
 *
 * @category models
 * @since 0.1.0
 */
export interface Pump extends Deliveries {
  readonly quiet: Effect.Effect<void>
  readonly end: () => void
}

/**
 * Makes the list of deliveries; `onDefect` is told of a delivery that threw, after which there are no more.
 *
 * Every delivery is a task of one dispatcher, which keeps their order. A fiber that takes them from a `Queue` would do too, but
 * `TestClock` waits for what is *scheduled* by the fibers it wakes, and a queue that is already about to wake its taker schedules
 * nothing. A `Latch` or `Deferred` would run the receiver inside the sender's step.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (onDefect: (defect: unknown) => void): Effect.Effect<Pump> =>
  Effect.map(Scheduler.Scheduler, (scheduler) => {
    const dispatcher = scheduler.makeDispatcher()
    const looking = new WakeList()
    let made = 0
    let hasEnded = false
    const end = (): void => {
      hasEnded = true
      looking.wakeAll()
    }
    const post = (delivery: Delivery): void =>
      dispatcher.scheduleTask(() => {
        if (hasEnded) return
        made++
        try {
          delivery()
        } catch (defect) {
          end()
          onDefect(defect)
        }
      }, 0)
    const quiet = Effect.suspend(() => {
      let seen = -1
      let quietTurns = 0
      const look = (): void => {
        quietTurns = made === seen ? quietTurns + 1 : 0
        seen = made
        if (quietTurns >= 2) looking.wakeAll()
        else if (!hasEnded) dispatcher.scheduleTask(look, 0)
      }
      dispatcher.scheduleTask(look, 0)
      return waitUntil(looking, () => hasEnded || quietTurns >= 2)
    })
    return { post, quiet, end }
  })
