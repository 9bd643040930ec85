/**
 * A time to look at something again, kept by one fiber however often it is set.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { millisecondsOf } from "./DrainDeadline.ts"

/** Where its fiber comes from. */
export interface AlarmParts {
  readonly clock: Clock.Clock
  /** Starts a fiber of the server's own, in the step that calls it. */
  readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

/** A host's timer counts in 32 bits, and fires at once for more (FF-44): what is further off is looked at in between. */
const longestNap = 2 ** 30

/** Put off, it lets its fiber sleep on and look then: a fiber is only replaced when the time comes nearer. */
export class Alarm {
  private readonly parts: AlarmParts
  private readonly ring: () => void
  private readonly sleepers = Scope.makeUnsafe()
  private sleeper: Fiber.Fiber<void> | undefined
  private wakesAt = Infinity
  private at = Infinity
  private hasEnded = false

  constructor(parts: AlarmParts, ring: () => void) {
    this.parts = parts
    this.ring = ring
  }

  /** Rings at this time of the clock, and no longer at any other; `Infinity` is never. */
  setUnsafe(at: number): void {
    this.at = at
    if (this.hasEnded || at >= this.wakesAt) return
    this.sleeper?.interruptUnsafe()
    this.sleepUntilUnsafe(at)
  }

  /** Nobody sleeps after it, and it does not ring any more. */
  get end(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.hasEnded = true
      return Scope.close(this.sleepers, Exit.void)
    })
  }

  private sleepUntilUnsafe(at: number): void {
    // Whole milliseconds, up: who wakes too early finds nothing to do, again and again.
    const nap = Math.min(longestNap, Math.max(0, Math.ceil(at - this.now())))
    this.wakesAt = this.now() + nap
    const awake = Effect.sync(() => this.awakeUnsafe())
    // Never in the step that sets it, also where a clock does not wait for a time that has come.
    const waiting = nap === 0 ? Effect.yieldNow : Effect.sleep(nap)
    this.sleeper = Fiber.runIn(this.parts.run(Effect.andThen(waiting, awake)), this.sleepers)
  }

  private awakeUnsafe(): void {
    this.sleeper = undefined
    this.wakesAt = Infinity
    if (this.hasEnded || this.at === Infinity) return
    if (this.now() < this.at) {
      this.sleepUntilUnsafe(this.at)
      return
    }
    this.at = Infinity
    this.ring()
  }

  private now(): number {
    return millisecondsOf(this.parts.clock)
  }
}
