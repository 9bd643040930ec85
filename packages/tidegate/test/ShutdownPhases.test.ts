import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { phasesOf } from "../src/ShutdownPhases.ts"

/** Whole, broken, 0, huge or without an end. */
const Milliseconds = Schema.Union([
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 120_000 }))),
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))),
  Schema.Finite.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 10 }))),
  Schema.Literals([0, 0.1, 0.3, 1, "Infinity"])
])
const Input = Schema.Struct({
  budget: Milliseconds,
  drainDelay: Milliseconds,
  drainJitter: Milliseconds,
  closeTimeout: Milliseconds
})

/** Numbers that can be added without loss. */
const Small = Schema.Union([
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 120_000 }))),
  Schema.Literals([0, 0.1, 0.3, 1])
])
const Fitting = Schema.Struct({ budget: Small, drainDelay: Small, drainJitter: Small, closeTimeout: Small })

const plain = (input: typeof Input.Type) => ({
  budget: Number(input.budget),
  drainDelay: Number(input.drainDelay),
  drainJitter: Number(input.drainJitter),
  closeTimeout: Number(input.closeTimeout)
})

describe("the phases of a shutdown", () => {
  it.prop(
    "FF-93 never take more than the budget, whatever was asked for, nor more than was asked for",
    { input: Input },
    ({ input }) => {
      const { budget, ...asked } = plain(input)
      const { close, delay, spread } = phasesOf(asked, budget)
      for (const phase of [close, delay, spread]) assert.isTrue(phase === Infinity || Number.isInteger(phase))
      assert.isAtLeast(Math.min(close, delay, spread), 0)
      assert.isAtMost(delay + spread + close, budget)
      assert.isAtMost(delay, asked.drainDelay)
      assert.isAtMost(spread, asked.drainJitter)
      assert.isAtMost(close, asked.closeTimeout)
    },
    { arbitrary: { runs: 2000 } }
  )

  it.prop(
    "FF-93 what fits is given as it was asked for",
    { input: Fitting },
    ({ input }) => {
      const { budget, closeTimeout, drainDelay, drainJitter } = plain(input)
      const asked = [closeTimeout, drainDelay, drainJitter].map(Math.floor)
      const [close = 0, delay = 0, spread = 0] = asked
      const roomy = Math.max(budget, 2 * close, close + delay + spread + 1)
      assert.deepStrictEqual(phasesOf({ closeTimeout, drainDelay, drainJitter }, roomy), { delay, spread, close })
    },
    { arbitrary: { runs: 2000 } }
  )

  for (const [drainDelay, drainJitter, closeTimeout, budget, expected] of [
    [0, 0, 5000, 30_000, { delay: 0, spread: 0, close: 5000 }],
    [5000, 10_000, 5000, 30_000, { delay: 5000, spread: 10_000, close: 5000 }],
    [60_000, 10_000, 5000, 30_000, { delay: 25_000, spread: 0, close: 5000 }],
    [20_000, 10_000, 5000, 30_000, { delay: 20_000, spread: 5000, close: 5000 }],
    [5000, 5000, 5000, 1000, { delay: 500, spread: 0, close: 500 }],
    [5000, 5000, 5000, 0, { delay: 0, spread: 0, close: 0 }],
    [5000, 1000, Infinity, Infinity, { delay: 5000, spread: 1000, close: Infinity }]
  ] as const) {
    it(`FF-93 a delay of ${drainDelay}, a jitter of ${drainJitter} and closes of ${closeTimeout} within ${budget}`, () => {
      assert.deepStrictEqual(phasesOf({ drainDelay, drainJitter, closeTimeout }, budget), expected)
    })
  }
})
