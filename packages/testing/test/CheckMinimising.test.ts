/**
 * The parts of which making a failure smaller consists.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Budget } from "../src/internal/check/Budget.ts"
import { minimal } from "../src/internal/check/DeltaDebugging.ts"
import { literalsOf } from "../src/internal/check/Literals.ts"
import { Scenarios } from "../src/internal/check/Scenarios.ts"
import { Simpler } from "../src/internal/check/Simpler.ts"
import { failureOf } from "./check/Checking.ts"
import { lostUpdate } from "./check/Protocols.ts"

const small = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 30 })))
const numbers = Arbitrary.array(Arbitrary.schema(small), { maxLength: 12 })

describe("delta debugging", () => {
  it.effect.prop("finds exactly what is needed", { needed: numbers }, ({ needed }) =>
    Effect.gen(function* () {
      const wanted = [...new Set(needed)].sort((a, b) => a - b)
      const all = Array.from({ length: 31 }, (_, at) => at)
      const found = yield* minimal(all, (some) => Effect.succeed(wanted.every((one) => some.includes(one))))
      assert.deepStrictEqual(found, wanted)
    })
  )

  it.effect.prop("leaves nothing that can be left out alone", { weights: numbers }, ({ weights }) =>
    Effect.gen(function* () {
      // Not monotone: what is heavy enough fails only if its weight is even as well.
      const fails = (some: ReadonlyArray<number>): boolean => {
        const sum = some.reduce((total, weight) => total + weight, 0)
        return sum >= 40 && sum % 2 === 0
      }
      if (!fails(weights)) return
      const found = yield* minimal(weights, (some) => Effect.succeed(fails(some)))
      assert.isTrue(fails(found))
      for (let at = 0; at < found.length; at++) assert.isFalse(fails(found.toSpliced(at, 1)), `${found} without ${at}`)
    })
  )

  it.effect("tries again what could not be left out before", () =>
    Effect.gen(function* () {
      // 2 is needed for as long as 3 is there.
      const fails = (some: ReadonlyArray<number>): boolean =>
        some.includes(1) && some.includes(4) && (some.includes(2) || !some.includes(3))
      assert.deepStrictEqual(yield* minimal([2, 4, 3, 1], (some) => Effect.succeed(fails(some))), [4, 1])
    })
  )

  it.effect("asks for nothing at all first", () =>
    Effect.gen(function* () {
      const asked: Array<ReadonlyArray<number>> = []
      const found = yield* minimal([1, 2, 3], (some) => Effect.sync(() => asked.push(some) > 0))
      assert.deepStrictEqual(found, [])
      assert.deepStrictEqual(asked, [[]])
    })
  )
})

describe("an order that is found late", () => {
  it.effect("is reduced even if nothing is left of the budget with which it was found", () =>
    Effect.gen(function* () {
      for (const seed of [1, 2]) {
        const { fixture } = yield* failureOf(lostUpdate, { seed, maxShrinks: 40 })
        const schedule = fixture?.schedule
        if (schedule?._tag !== "recorded") return assert.fail(`seed ${seed} left ${schedule?._tag}`)
        assert.strictEqual(schedule.schedule.yields.length + schedule.schedule.choices.length, 1, `seed ${seed}`)
      }
    })
  )
})

describe("a budget", () => {
  it("is spent by runs, or by steps", () => {
    const runs = new Budget(2)
    runs.spend(1)
    assert.isFalse(runs.isSpent)
    runs.spend(1)
    assert.isTrue(runs.isSpent)
    const steps = new Budget(1_000)
    steps.spend(4_999_999)
    assert.isFalse(steps.isSpent)
    steps.spend(1)
    assert.isTrue(steps.isSpent)
  })
})

describe("generated scenarios", () => {
  const Item = Schema.Struct({
    size: small,
    name: Schema.Literals(["a", "b"]),
    note: Schema.optionalKey(Schema.String)
  })
  const Scenario = Schema.Struct({ items: Schema.Array(Item).pipe(Schema.check(Schema.isMaxLength(6))), last: small })
  const scenarios = new Scenarios(Scenario)

  it.effect("can be come by again to be shrunk, each of them", () =>
    Effect.gen(function* () {
      for (const seed of ["one", "other"]) {
        const generated = yield* scenarios.generate(seed, 50)
        for (const [index, scenario] of generated.entries()) {
          const asked: Array<typeof Scenario.Type> = []
          yield* scenarios.shrink({ seed, index }, 5, (one) => Effect.sync(() => asked.push(one) === 1))
          assert.deepStrictEqual(asked[0], scenario)
          assert.isAtMost(asked.length, 6)
        }
      }
    })
  )

  it.effect("are of all sizes from the first ones on", () =>
    Effect.gen(function* () {
      const lengths = (yield* scenarios.generate("sizes", 20)).map(({ items }) => items.length)
      assert.isAtLeast(Math.max(...lengths.slice(0, 10)), 4)
    })
  )

  it.effect("are what their JSON says, down to the prototype", () =>
    Effect.gen(function* () {
      for (const scenario of yield* scenarios.generate("prototypes", 50)) {
        assert.strictEqual(Object.getPrototypeOf(scenario), Object.prototype)
      }
    })
  )
})

describe("simpler JSON", () => {
  const simpler = new Simpler(["small", "large"])
  const Any = Schema.Struct({
    list: Schema.Array(Schema.Union([small, Schema.Boolean, Schema.Struct({ at: small, name: Schema.String })])),
    on: Schema.Boolean,
    size: Schema.Literals(["small", "large"])
  })

  it.effect.prop("weighs less, so that at last there is nothing simpler", { json: Arbitrary.schema(Any) }, ({ json }) =>
    Effect.sync(() => {
      for (const next of simpler.than(json)) assert.isBelow(simpler.weightOf(next), simpler.weightOf(json))
    })
  )

  const all = (json: Schema.Json) => Array.from(simpler.than(json), (one) => JSON.stringify(one))

  it("lowers numbers together that are equal, or any two by the same", () => {
    assert.include(all({ a: 6, b: [6, 7], c: 6 }), '{"a":0,"b":[0,7],"c":0}')
    assert.include(all({ a: 6, b: 7 }), '{"a":0,"b":1}')
    assert.include(all({ a: 6, b: 1, c: 7 }), '{"a":0,"b":1,"c":1}')
  })

  it("leaves items, keys and letters out, and says no", () => {
    assert.includeMembers(all([1, 2, 3, 4]), ["[3,4]", "[1,2]", "[2,3,4]", "[1,2,3]"])
    assert.includeMembers(all({ a: [true], b: null }), [
      '{"b":null}',
      '{"a":[true]}',
      '{"a":null,"b":null}',
      '{"a":[],"b":null}',
      '{"a":[false],"b":null}'
    ])
    assert.deepStrictEqual(all("word"), ['""', '"wo"', '"wor"'])
  })

  it("takes the words that a schema names first", () => {
    assert.deepStrictEqual(all("large"), ['"small"'])
    assert.deepStrictEqual(all("small"), [])
    const Tree: Schema.Codec<unknown> = Schema.Union([
      Schema.TaggedStruct("leaf", { size: Schema.optionalKey(Schema.Literals(["small", "large", "small"])) }),
      Schema.TaggedStruct("twig", { on: Schema.suspend(() => Tree) }),
      Schema.Record(Schema.String, Schema.Tuple([Schema.Literal("x"), Schema.Literal(7)]))
    ])
    assert.deepStrictEqual(literalsOf(Tree), ["leaf", "small", "large", "twig", "x"])
  })

  it("never goes below zero", () => {
    for (const one of all([0, 1, 2])) assert.notInclude(one, "-")
  })
})
