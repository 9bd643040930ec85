/**
 * How long to wait before what has failed is tried again, for many clients of one server at once.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"

/**
 * A capped exponential back-off with full jitter.
 *
 * **When to use**
 *
 * Wherever many clients may lose the same server in the same instant. What is drawn from the whole of each delay spreads them over all
 * of it; a delay of which only a tenth is drawn keeps them together.
 *
 * **Shapes**
 *
 * - The delay after the n-th failure, n from 1, is drawn evenly from 0 to the smaller of `longest` and `first` · 2ⁿ⁻¹.
 * - `first`: default 500 milliseconds. `longest`: default 30 seconds.
 * - It draws from `Random`, so a seeded program waits the same each time. It never ends.
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Dialer from "tidegate/Dialer"
 * import { fullJitter } from "tidegate/FullJitter"
 *
 * const connected = Effect.retry(
 *   Dialer.connect({ host: "db.internal", port: 6379 }),
 *   { schedule: fullJitter({ longest: "5 seconds" }), times: 10 }
 * )
 * ```
 *
 * @category schedules
 * @source FF-15, FF-86; "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
 * @since 0.1.0
 */
export const fullJitter = (
  options: { readonly first?: Duration.Input | undefined; readonly longest?: Duration.Input | undefined } = {}
): Schedule.Schedule<Duration.Duration> =>
  Schedule.min([
    Schedule.exponential(options.first ?? "500 millis", 2),
    Schedule.spaced(options.longest ?? "30 seconds")
  ]).pipe(
    Schedule.modifyDelay(({ duration }) =>
      Effect.map(Random.next, (share) => Duration.millis(share * Duration.toMillis(duration)))
    )
  )
