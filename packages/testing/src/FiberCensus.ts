/**
 * The exact number of fibers that are alive among those that a program has started.
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"

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
