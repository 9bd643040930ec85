/**
 * Fibers that do something on the side, and that are waited for at the end.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

export class OwnFibers {
  private readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly fibers = new Set<Fiber.Fiber<void>>()

  constructor(run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>) {
    this.run = run
  }

  start(work: Effect.Effect<void>): void {
    const fiber = this.run(work)
    if (fiber.pollUnsafe() !== undefined) return
    this.fibers.add(fiber)
    fiber.addObserver(() => this.fibers.delete(fiber))
  }

  /** Suspends until those that run now have ended. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.forEach(Array.from(this.fibers), Fiber.await, { discard: true }))
  }
}
