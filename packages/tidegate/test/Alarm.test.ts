/**
 * A time to look again, kept by one fiber.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Alarm } from "../src/Alarm.ts"

/** An alarm, when it has rung, and how many fibers it took; `again` is set with each ring. */
const made = Effect.fnUntraced(function* (again: (at: number, alarm: Alarm) => void = () => {}) {
  const clock = yield* Clock.Clock
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const rung: Array<number> = []
  const seen = { rung, started: 0 }
  const alive = new Set<Fiber.Fiber<void>>()
  const run = (effect: Effect.Effect<void>) => {
    seen.started++
    const fiber = fork(effect)
    alive.add(fiber)
    fiber.addObserver(() => alive.delete(fiber))
    return fiber
  }
  const alarm: Alarm = new Alarm({ clock, run }, () => {
    const now = clock.currentTimeMillisUnsafe()
    rung.push(now)
    again(now, alarm)
  })
  return { alarm, alive, seen }
})

describe("an alarm", () => {
  it.effect("rings once, at its time", () =>
    Effect.gen(function* () {
      const { alarm, seen } = yield* made()
      alarm.setUnsafe(100)
      yield* TestClock.adjust(99)
      assert.deepStrictEqual(seen.rung, [])
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(seen, { rung: [100], started: 1 })
    })
  )

  it.effect("set to a time that has come it does not ring in that step", () =>
    Effect.gen(function* () {
      const { alarm, seen } = yield* made()
      alarm.setUnsafe(0)
      assert.deepStrictEqual(seen.rung, [])
      yield* Effect.yieldNow
      yield* Effect.yieldNow
      assert.deepStrictEqual(seen.rung, [0])
    })
  )

  it.effect("brought nearer it rings then, and not at the old time too", () =>
    Effect.gen(function* () {
      const { alarm, alive, seen } = yield* made()
      for (const at of [100, 50, 20]) alarm.setUnsafe(at)
      assert.strictEqual(alive.size, 1)
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(seen, { rung: [20], started: 3 })
    })
  )

  it.effect("put off ten thousand times it costs no fiber more, and rings at the last time", () =>
    Effect.gen(function* () {
      const { alarm, seen } = yield* made()
      for (let at = 100; at < 10_100; at++) alarm.setUnsafe(at)
      assert.strictEqual(seen.started, 1)
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(seen.rung, [])
      yield* TestClock.adjust(100_000)
      assert.deepStrictEqual(seen, { rung: [10_099], started: 2 })
    })
  )

  it.effect("put off for ever it does not ring, and leaves no fiber when its time is over", () =>
    Effect.gen(function* () {
      const { alarm, seen } = yield* made()
      alarm.setUnsafe(100)
      alarm.setUnsafe(Infinity)
      yield* TestClock.adjust(100_000)
      assert.deepStrictEqual(seen, { rung: [], started: 1 })
    })
  )

  it.effect("can be set again by who hears it", () =>
    Effect.gen(function* () {
      const { alarm, seen } = yield* made((now, alarm) => {
        if (now < 300) alarm.setUnsafe(now + 100)
      })
      alarm.setUnsafe(100)
      yield* TestClock.adjust(10_000)
      assert.deepStrictEqual(seen.rung, [100, 200, 300])
    })
  )

  it.effect("FF-44 further off than a host's timer can count, it rings at its time", () =>
    Effect.gen(function* () {
      const { alarm, seen } = yield* made()
      alarm.setUnsafe(2 ** 32)
      yield* TestClock.adjust(2 ** 32 - 1)
      assert.deepStrictEqual(seen.rung, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(seen, { rung: [2 ** 32], started: 4 })
    })
  )

  it.effect("I-S3 ended, it neither rings nor begins to sleep", () =>
    Effect.gen(function* () {
      const { alarm, seen } = yield* made()
      alarm.setUnsafe(100)
      yield* alarm.end
      alarm.setUnsafe(50)
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(seen, { rung: [], started: 1 })
    })
  )
})
