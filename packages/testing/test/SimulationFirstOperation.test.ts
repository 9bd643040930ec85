/**
 * Why nobody is made to yield before its second operation.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Schedule from "@tidegate/testing/Schedule"
import * as Simulation from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"

/** Forks a fiber and interrupts it; says whether it had run before that, and whether it has run in the end. */
const forkedAndInterrupted = Effect.gen(function* () {
  let ran = false
  const fiber = yield* Effect.forkChild(Effect.sync(() => void (ran = true)))
  const ranBefore = yield* Effect.sync(() => {
    const before = ran
    fiber.interruptUnsafe()
    return before
  })
  yield* Fiber.await(fiber)
  yield* Effect.yieldNow
  return { ranBefore, ran }
})

/** Makes every fiber but the first yield at its first operation. */
class YieldsAtOnce extends Scheduler.MixedScheduler {
  private readonly known = new Set<number>()

  override shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    const isNew = !this.known.has(fiber.id)
    this.known.add(fiber.id)
    return isNew && this.known.size > 1
  }
}

describe("a fiber that is interrupted before it starts", () => {
  it.live(
    "runs all the same where it has to yield at its first operation: the runtime starts it over the interruption",
    () =>
      Effect.gen(function* () {
        const run = Effect.runForkWith(yield* Effect.context<never>())
        const fiber = run(forkedAndInterrupted, { scheduler: new YieldsAtOnce() })
        assert.deepStrictEqual(yield* Fiber.join(fiber), { ranBefore: false, ran: true })
      })
  )

  it("never runs in a simulation, however often fibers have to yield", () => {
    const seen = new Set<boolean>()
    for (let seed = 0; seed < 300; seed++) {
      const schedule: Schedule.Schedule = { _tag: "random", seed, operationsPerYield: 1 + (seed % 3) }
      const outcome = Simulation.run(forkedAndInterrupted, { schedule, record: true })
      const { ran, ranBefore } = Simulation.resultOf(outcome)
      assert.strictEqual(ran, ranBefore)
      seen.add(ran)
      assert.isTrue(outcome.schedule?.yields.every(([, operation]) => operation >= 2))
    }
    assert.strictEqual(seen.size, 2)
  })

  it("never runs either where a record asks for it", () => {
    const yields = [0, 1, 2].flatMap((fiber) => [1, 2, 3].map((operation) => [fiber, operation] as const))
    const schedule = Schedule.recorded({ choices: [], yields })
    const outcome = Simulation.run(forkedAndInterrupted, { schedule, record: true })
    assert.deepStrictEqual(Simulation.resultOf(outcome), { ranBefore: false, ran: false })
  })
})
