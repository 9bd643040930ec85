/**
 * How many connections the file descriptors of a process allow.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { capOf, gaugeOf, reserveOf, tooSmall } from "../src/DescriptorCap.ts"
import { between } from "./support/Simulation.ts"

describe("file descriptors", () => {
  const unlimited = { budget: undefined, cap: Infinity, farewells: 256 }

  it("FF-47 bound nothing where nobody can tell how many there are, or there is no limit", () => {
    assert.deepStrictEqual(capOf(undefined), unlimited)
    assert.deepStrictEqual(capOf({ limit: Infinity, open: 20 }), unlimited)
  })

  it("FF-47 leave a tenth to everything else, within reason", () => {
    assert.deepStrictEqual([40, 160, 161, 1024, 5120, 1_048_576].map(reserveOf), [16, 16, 17, 103, 512, 512])
    const budget = { limit: 1024, open: 21 }
    assert.deepStrictEqual(capOf(budget), { budget, cap: 900, farewells: 51 })
  })

  it.effect.prop(
    "FF-47 are never all used, even with a goodbye on its way to as many as may be",
    { limit: between(17, 100_000), share: between(0, 100) },
    ({ limit, share }) =>
      Effect.sync(() => {
        const open = Math.floor((limit * share) / 100)
        const { cap, farewells } = capOf({ limit, open })
        assert.isAtLeast(cap, 0)
        assert.isAtLeast(farewells, 1)
        if (cap > 0) assert.isBelow(open + cap + farewells, limit)
      }),
    { arbitrary: { runs: 300 } }
  )

  it.effect("FF-47 are listed once in a second, however often somebody looks", () =>
    Effect.gen(function* () {
      let reads = 0
      const read = Effect.sync(() => ({ limit: 64, open: ++reads }))
      const gauge = gaugeOf(read, yield* Clock.Clock)
      const looks = Effect.map(Effect.replicateEffect(gauge, 3), (budgets) => budgets.map((budget) => budget?.open))
      assert.deepStrictEqual(yield* looks, [1, 1, 1])
      yield* TestClock.adjust(999)
      assert.deepStrictEqual(yield* looks, [1, 1, 1])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* looks, [2, 2, 2])
    })
  )

  it("FF-47 are too few for a number that was asked for, not for as many as there are", () => {
    const budget = { limit: 64, open: 20 }
    const cap = capOf(budget)
    assert.deepStrictEqual(
      [28, 29, Infinity].map((maxConnections) => tooSmall(maxConnections, cap)),
      [undefined, budget, undefined]
    )
    assert.strictEqual(tooSmall(1e9, unlimited), undefined)
  })
})
