/**
 * When a drain's patience ends, by itself.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { DrainDeadline } from "../src/DrainDeadline.ts"

const made = Effect.gen(function* () {
  const seen = { started: 0, expired: 0 }
  const fork = Effect.runForkWith(yield* Effect.context<never>())
  const run = (effect: Effect.Effect<void>) => {
    seen.started++
    return fork(effect)
  }
  const deadline = new DrainDeadline(yield* Clock.Clock, run, () => void seen.expired++)
  return { deadline, seen }
})

describe("the deadline of a drain", () => {
  it.effect("S59 can be brought nearer and not put off, and expires once", () =>
    Effect.gen(function* () {
      const { deadline, seen } = yield* made
      for (const seconds of [10, 5, 20, 5]) deadline.bringNearerUnsafe(Duration.seconds(seconds))
      assert.strictEqual(seen.started, 2)
      yield* TestClock.adjust("4999 millis")
      assert.strictEqual(seen.expired, 0)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(seen.expired, 1)
    })
  )

  it.effect("I-S3 once it ends nobody begins to sleep for it, however near they want it", () =>
    Effect.gen(function* () {
      const { deadline, seen } = yield* made
      deadline.bringNearerUnsafe(Duration.seconds(10))
      yield* deadline.end
      deadline.bringNearerUnsafe(Duration.seconds(1))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(seen, { started: 1, expired: 0 })
    })
  )
})
