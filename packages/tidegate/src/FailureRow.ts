/**
 * Failures in a row, and the pauses between them.
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import { millisecondsOf } from "./DrainDeadline.ts"

type Step<I, R> = (now: number, failure: I) => Pull.Pull<[unknown, Duration.Duration], never, unknown, R>

/**
 * A row goes on until something has been well for `healthyFor` milliseconds: a server that takes every connection and drops it again
 * is no better than one that takes none.
 *
 * @source FF-15, FF-86
 */
export class FailureRow<in I, R> {
  private readonly schedule: Schedule.Schedule<unknown, I, never, R>
  private readonly healthyFor: number
  private step: Step<I, R> | undefined
  /** How many there were in this row. */
  length = 0

  constructor(schedule: Schedule.Schedule<unknown, I, never, R>, healthyFor: number) {
    this.schedule = schedule
    this.healthyFor = healthyFor
  }

  /** What has failed now was well for so long before. */
  wasWellFor(milliseconds: number): void {
    if (milliseconds < this.healthyFor) return
    this.step = undefined
    this.length = 0
  }

  /** The pause after one more failure; `undefined`: the schedule has come to its end. */
  next(failure: I): Effect.Effect<Duration.Duration | undefined, never, R> {
    return Effect.flatMap(this.begun, (step) =>
      Effect.flatMap(Clock.Clock, (clock) => {
        this.length++
        return Pull.catchDone(
          Effect.map(step(millisecondsOf(clock), failure), ([, pause]) => pause),
          () => Effect.undefined
        )
      })
    )
  }

  private get begun(): Effect.Effect<Step<I, R>, never, R> {
    return Effect.suspend(() => {
      if (this.step !== undefined) return Effect.succeed(this.step)
      return Effect.tap(Schedule.toStep(this.schedule), (step) =>
        Effect.sync(() => {
          this.step = step
        })
      )
    })
  }
}
