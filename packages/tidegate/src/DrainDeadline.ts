/**
 * When a drain's patience ends.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"

/** Milliseconds of a clock that never goes back. */
export const millisecondsOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1_000_000

/** A deadline that can be brought nearer and never put off; one fiber sleeps for it, however many ask. */
export class DrainDeadline {
  private readonly clock: Clock.Clock
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly expireUnsafe: () => void
  private readonly sleepers = Scope.makeUnsafe()
  private sleeper: Fiber.Fiber<void> | undefined
  private at = Number.POSITIVE_INFINITY
  private hasEnded = false

  constructor(clock: Clock.Clock, run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>, expireUnsafe: () => void) {
    this.clock = clock
    this.run = run
    this.expireUnsafe = expireUnsafe
  }

  bringNearerUnsafe(timeout: Duration.Duration): void {
    const at = millisecondsOf(this.clock) + Duration.toMillis(timeout)
    if (this.hasEnded || at >= this.at) return
    this.at = at
    this.sleeper?.interruptUnsafe()
    const expire = Effect.sync(() => this.expireUnsafe())
    this.sleeper = Fiber.runIn(this.run(Effect.andThen(Effect.sleep(timeout), expire)), this.sleepers)
  }

  /** Nobody sleeps after it, also not one whose interruption is still on its way, or for whom is asked while it ends. */
  get end(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.hasEnded = true
      return Scope.close(this.sleepers, Exit.void)
    })
  }
}
