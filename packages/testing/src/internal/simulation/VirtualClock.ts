/**
 * A clock that stands still while anything can run, and then jumps to the next sleeper.
 *
 * @since 0.1.0
 */
import type { Clock } from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/**
 * The clock of a simulation.
 *
 * @category models
 * @since 0.1.0
 */
export class VirtualClock implements Clock {
  private now = 0
  private sleepers: Array<Sleeper> = []

  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())

  currentTimeMillisUnsafe(): number {
    return this.now
  }

  currentTimeNanosUnsafe(): bigint {
    return BigInt(this.now) * 1_000_000n
  }

  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    // Whole milliseconds: a fraction that rounds to nothing would stop the clock for ever.
    const milliseconds = Math.ceil(Duration.toMillis(duration))
    if (milliseconds <= 0) return Effect.yieldNow
    if (milliseconds === Number.POSITIVE_INFINITY) return Effect.never
    return Effect.callback<void>((resume) => {
      const sleeper: Sleeper = { at: this.now + milliseconds, wake: () => resume(Effect.void) }
      this.sleepers.push(sleeper)
      return Effect.sync(() => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper)
      })
    })
  }

  /** How many fibers sleep. */
  get sleeping(): number {
    return this.sleepers.length
  }

  /** Jumps to the earliest sleepers and wakes the first of them; false when nobody sleeps. */
  jump(): boolean {
    let next: Sleeper | undefined
    for (const sleeper of this.sleepers) if (next === undefined || sleeper.at < next.at) next = sleeper
    if (next === undefined) return false
    this.sleepers = this.sleepers.filter((other) => other !== next)
    this.now = next.at
    next.wake()
    return true
  }
}
