/**
 * The alarm before the limit, by itself.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { calm, look, Pressure, thresholdOf } from "../src/Pressure.ts"
import { between } from "./support/Simulation.ts"

describe("one look", () => {
  const sight = { now: 1000, connections: 8, threshold: 8, cooldown: 100 }

  it("B39 tells at the threshold and above, not below", () => {
    const tells = [7, 8, 9].map((connections) => look(calm, { ...sight, connections }).tells)
    assert.deepStrictEqual(tells, [false, true, true])
    assert.deepStrictEqual(look(calm, { ...sight, connections: 7 }), {
      state: calm,
      tells: false,
      lookAgainAt: Infinity
    })
  })

  it("B39 tells once in a cooldown, and looks again when it is over", () => {
    const first = look(calm, sight)
    assert.deepStrictEqual(first, { state: { toldAt: 1000 }, tells: true, lookAgainAt: 1100 })
    const soon = look(first.state, { ...sight, now: 1099 })
    assert.deepStrictEqual(soon, { state: { toldAt: 1000 }, tells: false, lookAgainAt: 1100 })
    assert.deepStrictEqual(look(soon.state, { ...sight, now: 1100 }).tells, true)
  })

  it("B39 without a cooldown it tells at every look, and looks only when somebody comes", () => {
    const first = look(calm, { ...sight, cooldown: 0 })
    assert.deepStrictEqual([first.tells, first.lookAgainAt], [true, Infinity])
    assert.isTrue(look(first.state, { ...sight, cooldown: 0 }).tells)
  })

  it("B39 a cooldown that is changed counts from when it was told last", () => {
    const { state } = look(calm, sight)
    assert.isTrue(look(state, { ...sight, now: 1010, cooldown: 10 }).tells)
    assert.strictEqual(look(state, { ...sight, now: 1010, cooldown: 500 }).lookAgainAt, 1500)
  })

  it("B39 a dip below the threshold does not end the cooldown", () => {
    const { state } = look(calm, sight)
    const dip = look(state, { ...sight, now: 1010, connections: 1 })
    assert.isFalse(look(dip.state, { ...sight, now: 1020 }).tells)
  })

  it("B39 the threshold is four fifths of the limit unless another was asked for; without a limit there is none", () => {
    const limits = [0, 1, 2, 4, 5, 10, 1000, Infinity]
    assert.deepStrictEqual(
      limits.map((limit) => thresholdOf(undefined, limit)),
      [1, 1, 2, 4, 4, 8, 800, Infinity]
    )
    assert.deepStrictEqual([thresholdOf(3, Infinity), thresholdOf(0, 10), thresholdOf(Infinity, 10)], [3, 0, Infinity])
  })

  const looks = Schema.Array(Schema.Struct({ after: between(0, 60), connections: between(0, 10) }))

  it.effect.prop(
    "B39 however connections come and go: never below the threshold, never twice in a cooldown, never forgotten",
    { looks, threshold: between(0, 10), cooldown: between(1, 100) },
    ({ cooldown, looks, threshold }) =>
      Effect.sync(() => {
        let now = 0
        let state = calm
        const told: Array<number> = []
        for (const { after, connections } of looks) {
          now += after
          const step = look(state, { now, connections, threshold, cooldown })
          state = step.state
          if (step.tells) {
            assert.isAtLeast(connections, threshold)
            assert.isAtLeast(now - (told.at(-1) ?? -Infinity), cooldown)
            told.push(now)
          }
          if (connections >= threshold) assert.strictEqual(step.lookAgainAt, (told.at(-1) ?? Infinity) + cooldown)
        }
      })
  )
})

describe("pressure", () => {
  it.effect("B39 fires again after each cooldown while it lasts, with nobody coming, and then no more", () =>
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const told: Array<number> = []
      const sight = { connections: 7, threshold: 8, cooldown: 100 }
      const pressure = new Pressure(
        { clock, run: Effect.runForkWith(yield* Effect.context<never>()) },
        () => sight,
        () => told.push(clock.currentTimeMillisUnsafe())
      )
      pressure.lookUnsafe()
      yield* TestClock.adjust(1000)
      sight.connections = 8
      pressure.lookUnsafe()
      yield* TestClock.adjust(250)
      sight.connections = 3
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(told, [1000, 1100, 1200])
      sight.connections = 9
      pressure.lookUnsafe()
      yield* pressure.end
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(told, [1000, 1100, 1200, 2250])
    })
  )
})
