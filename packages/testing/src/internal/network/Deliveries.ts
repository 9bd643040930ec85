/**
 * The pump: everything that travels in the network is delivered here, in the order in which it was sent.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"
import { WakeList, waitUntil } from "tidegate/WakeList"
import { alarmOf } from "./Alarm.ts"
import { type Delayed, DelayQueue, type Delivery } from "./DelayQueue.ts"

export type { Delivery } from "./DelayQueue.ts"

/**
 * Delivers in the order of posting, in turns: what is posted during a turn belongs to the next one.
 *
 * Two rules follow from having one list on the program's own scheduler. A receiver never runs inside the sender's step: whoever
 * posts goes on to its own next suspension first. And the order depends on nothing but the program, so that equal runs give
 * equal traces.
 *
 * **Shapes**
 *
 * - `now`: the time of the network's clock, in whole milliseconds.
 * - `delay`: at its time it is posted; those of the same time by their `tie`, then in the order of delaying.
 *
 * @category models
 * @since 0.1.0
 */
export interface Deliveries {
  readonly post: (delivery: Delivery) => void
  readonly delay: (delayed: Delayed) => void
  readonly now: () => number
}

/**
 * Deliveries, and what their network needs besides.
 *
 * **Shapes**
 *
 * - `quiet`: completes after two turns in a row in which nothing arrived and nothing was delayed; at once after the end.
 * - `end`: what is under way or posted later is never delivered, and nothing sleeps.
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
export const make = (context: Context.Context<never>, onDefect: (defect: unknown) => void): Pump => {
  const dispatcher = Context.get(context, Scheduler.Scheduler).makeDispatcher()
  const alarm = alarmOf(context)
  const delays = new DelayQueue()
  const arrivals = new WakeList()
  const looking = new WakeList()
  let alarmAt: number | undefined
  let made = 0
  let hasEnded = false
  const end = (): void => {
    hasEnded = true
    delays.clear()
    alarm.clear()
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
  const wakeForFirst = (): void => {
    const at = delays.nextAt
    if (at === undefined || (alarmAt !== undefined && alarmAt <= at)) return
    alarmAt = at
    alarm.set(at, postDue)
  }
  const postDue = (): void => {
    alarmAt = undefined
    const now = alarm.now()
    for (let due = delays.takeDue(now); due !== undefined; due = delays.takeDue(now)) {
      due.from.left()
      post(due.delivery)
    }
    wakeForFirst()
    arrivals.wakeAll()
  }
  const delay = (delayed: Delayed): void => {
    if (hasEnded) return
    delays.push(delayed)
    wakeForFirst()
  }
  const quiet = Effect.suspend(() => {
    let seen = -1
    let quietTurns = 0
    const lookSoon = (): void => dispatcher.scheduleTask(look, 0)
    const look = (): void => {
      quietTurns = made === seen && delays.size === 0 ? quietTurns + 1 : 0
      seen = made
      if (quietTurns >= 2) looking.wakeAll()
      else if (hasEnded) return
      else if (delays.size === 0) lookSoon()
      // Looking on would keep a virtual clock from moving.
      else arrivals.add(lookSoon)
    }
    lookSoon()
    return waitUntil(looking, () => hasEnded || quietTurns >= 2)
  })
  return { post, delay, now: alarm.now, quiet, end }
}
