/**
 * The seeded scheduler under a test clock that it does not own.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Schedule from "@tidegate/testing/Schedule"
import * as Simulation from "@tidegate/testing/Simulation"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"

/** Fibers that each say a few things, with turns in between. */
const chatter = Effect.gen(function* () {
  const said: Array<string> = []
  const talk = (name: string) =>
    Effect.forEach([0, 1, 2, 3], (at) =>
      Effect.andThen(
        Effect.sync(() => said.push(`${name}${at}`)),
        Effect.yieldNow
      )
    )
  yield* Effect.forEach(["a", "b", "c"], talk, { concurrency: "unbounded" })
  return said.join(" ")
})

/** Fibers that sleep, then need some turns before they sleep again; the clock moves a millisecond at a time. */
const sleepers = Effect.gen(function* () {
  const woken: Array<string> = []
  const sleeper = (name: string, milliseconds: number) =>
    Effect.forEach([1, 2, 3], () =>
      Effect.gen(function* () {
        yield* Effect.sleep(milliseconds)
        for (let turn = 0; turn < 4; turn++) yield* Effect.yieldNow
        woken.push(`${name}@${yield* Clock.currentTimeMillis}`)
      })
    )
  const fibers = yield* Effect.forEach(
    [
      ["a", 3],
      ["b", 3],
      ["c", 5]
    ] as const,
    ([name, milliseconds]) => Effect.forkChild(sleeper(name, milliseconds), { startImmediately: true })
  )
  // The clock waits for the fibers that it has woken, not for these.
  for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
  for (let at = 0; at < 20; at++) yield* TestClock.adjust(1)
  yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber))
  return woken.join(" ")
})

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
const walk = (seed: number) => Simulation.schedulerLayer({ _tag: "random", seed, operationsPerYield: 10 })

describe("a seeded scheduler above the clock of it.effect", () => {
  it.effect("I-S22 gives the same order each time, and others for other seeds", () =>
    Effect.gen(function* () {
      const orders = new Set([yield* chatter])
      for (const seed of seeds) {
        const order = yield* Effect.provide(chatter, walk(seed))
        assert.strictEqual(yield* Effect.provide(chatter, walk(seed)), order)
        orders.add(order)
      }
      assert.isAbove(orders.size, 6)
    })
  )

  it.effect("takes a seed, or any schedule", () =>
    Effect.gen(function* () {
      const run = (schedule: number | Schedule.Schedule) => Effect.provide(chatter, Simulation.schedulerLayer(schedule))
      assert.strictEqual(yield* run(Schedule.fifo), yield* chatter)
      assert.strictEqual(yield* run(7), yield* run(Schedule.random(7)))
      assert.notStrictEqual(yield* run(Schedule.pct(4)), yield* run(Schedule.pct(5)))
      const refused = yield* Effect.exit(run(0.5))
      assert.strictEqual(refused._tag, "Failure")
    })
  )

  for (const seed of seeds) {
    it.effect(`woken fibers come to their next sleep before the clock moves on, seed ${seed}`, () =>
      Effect.gen(function* () {
        const woken = yield* Effect.provide(sleepers, walk(seed))
        const expected = ["a@3", "a@6", "a@9", "b@3", "b@6", "b@9", "c@10", "c@15", "c@5"]
        assert.deepStrictEqual(woken.split(" ").sort(), expected)
      })
    )
  }

  it.effect("does not keep the host from keeping a promise that somebody yields for", () =>
    Effect.gen(function* () {
      let kept = false
      yield* Effect.forkChild(Effect.promise(() => Promise.resolve().then(() => (kept = true))))
      while (!kept) yield* Effect.yieldNow
    }).pipe(Effect.provide(walk(1)))
  )
})

describe("a seeded scheduler below a test clock", () => {
  const below = (seed: number) => TestClock.layer({ warningDelay: "1 hour" }).pipe(Layer.provideMerge(walk(seed)))

  it.live("I-S22 gives the same order each time, and the clock waits for those it wakes", () =>
    Effect.gen(function* () {
      const orders = new Set<string>()
      for (const seed of seeds) {
        const woken = yield* Effect.provide(sleepers, below(seed))
        assert.strictEqual(yield* Effect.provide(sleepers, below(seed)), woken)
        const expected = ["a@3", "a@6", "a@9", "b@3", "b@6", "b@9", "c@10", "c@15", "c@5"]
        assert.deepStrictEqual(woken.split(" ").sort(), expected)
        orders.add(woken)
      }
      assert.isAbove(orders.size, 1)
    })
  )
})
