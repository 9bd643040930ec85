/**
 * One-shot wake-ups, kept in the order they were asked for.
 *
 * A wait is "look, and if it is not there, register" in one synchronous step; nothing may come between the two, or the
 * wake-up is lost. Effect's `Queue` and `Semaphore` follow the same rule.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/**
 * What is called when there may be something to see; called once.
 *
 * @category models
 * @since 0.1.0
 */
export type Wake = () => void

/**
 * Where one can register for one wake-up.
 *
 * @category models
 * @since 0.1.0
 */
export interface WakeSource {
  readonly add: (wake: Wake) => void
  readonly remove: (wake: Wake) => void
}

/**
 * A list of one-shot wake-ups.
 *
 * **When to use**
 *
 * In a transport, for whoever waits for something that its network reports.
 *
 * @category models
 * @since 0.1.0
 */
export class WakeList {
  // Most waits have one waiter, so the first needs no array.
  private first: Wake | undefined
  private rest: Array<Wake> | undefined

  get isEmpty(): boolean {
    return this.first === undefined && this.rest === undefined
  }

  add(wake: Wake): void {
    if (this.first === undefined && this.rest === undefined) this.first = wake
    else if (this.rest === undefined) this.rest = [wake]
    else this.rest.push(wake)
  }

  remove(wake: Wake): void {
    if (this.first === wake) {
      this.first = this.rest?.shift()
      if (this.rest?.length === 0) this.rest = undefined
      return
    }
    const at = this.rest === undefined ? -1 : this.rest.indexOf(wake)
    if (at < 0) return
    this.rest?.splice(at, 1)
    if (this.rest?.length === 0) this.rest = undefined
  }

  /** Wakes everybody who waits now; who registers again meanwhile waits for the next time. */
  wakeAll(): void {
    const { first, rest } = this
    this.first = undefined
    this.rest = undefined
    first?.()
    if (rest !== undefined) for (const wake of rest) wake()
  }
}

/**
 * Suspends until `ready` holds, looking again after every wake-up of `source`.
 *
 * **Interruption**
 *
 * - Takes the registration back and consumes nothing.
 *
 * **Limits**
 *
 * - `ready` held at the wake-up; whose condition can lapse has to look again.
 *
 * @category waiting
 * @since 0.1.0
 */
export const waitUntil = (source: WakeSource, ready: () => boolean): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (ready()) {
      resume(Effect.void)
      return
    }
    let waiting = true
    const wake = (): void => {
      // Another waiter of the same wake-up may have interrupted this one: it must not register again.
      if (!waiting) return
      if (ready()) resume(Effect.void)
      else source.add(wake)
    }
    source.add(wake)
    return Effect.sync(() => {
      waiting = false
      source.remove(wake)
    })
  })

/**
 * Who waits for something to happen to a connection; each list is made for the first who does.
 *
 * @category models
 * @since 0.1.0
 */
export interface WakeLists {
  input: WakeList | undefined
  output: WakeList | undefined
  closed: WakeList | undefined
}
