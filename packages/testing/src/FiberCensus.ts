/**
 * The exact number of fibers that are alive among those that a program has started.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

/**
 * Counts fibers: `alive` now, `started` so far.
 *
 * **Limits**
 *
 * - Only fibers whose context carries it, that is, those forked within `within`, and those that they fork.
 *
 * @category models
 * @source I-S3
 * @since 0.1.0
 */
export class FiberCensus implements Metric.FiberRuntimeMetricsService {
  alive = 0
  started = 0

  readonly recordFiberStart = (): void => {
    this.alive++
    this.started++
  }

  readonly recordFiberEnd = (): void => {
    this.alive--
  }

  /** Counts every fiber that the effect forks, and those that they fork. */
  readonly within = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, Metric.FiberRuntimeMetrics, this)
}
