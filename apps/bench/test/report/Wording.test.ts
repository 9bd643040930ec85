import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { goals } from "../../src/report/Goals.ts"
import { asked, between, found, ratio } from "../../src/report/Wording.ts"
import { oneOf, upTo } from "./draw.ts"

const goal = (id: string) => {
  const one = goals.find((candidate) => candidate.id === id)
  assert.isDefined(one)
  return one
}

const throughput = goal("small-1-throughput-to-raw")
const memory = goal("idle-process")

/** Small steps around a bound, and far from it. */
const offset = Arbitrary.map(Arbitrary.all([upTo(4000), upTo(6)]), ([steps, digits]) => (steps - 2000) / 10 ** digits)
const anyGoal = oneOf(throughput, ...goals)

describe("Wording", () => {
  it("writes what is asked", () => {
    assert.strictEqual(asked(throughput), "≥ 1.10")
    assert.strictEqual(asked(goal("idle-connection-to-raw")), "≤ 1.35")
    assert.strictEqual(asked(goal("small-1-p99-to-raw")), "≤ 1.20")
    assert.strictEqual(asked(memory), "≤ 80 MiB")
    assert.strictEqual(asked(goal("drain-slow-exit")), "≤ 50 ms")
    assert.strictEqual(asked(goal("restarts-failed")), "0")
  })

  it("writes what was found", () => {
    assert.strictEqual(found(throughput, { value: 1.127, by: "throughput" }), "1.13")
    assert.strictEqual(found(throughput, { value: 1.127, by: "processor time" }), "1.13*")
    assert.strictEqual(found(memory, { value: 61.26 }), "61.3 MiB")
    assert.strictEqual(found(goal("drain-slow-lost"), { value: 0, outOf: 2048 }), "0 of 2,048")
    assert.strictEqual(found(goal("drain-slow-lost"), { value: 3 }), "3")
    assert.strictEqual(found(throughput, undefined), "")
  })

  it("does not round a miss into the bound", () => {
    assert.strictEqual(found(throughput, { value: 1.0996, by: "throughput" }), "1.09")
    assert.strictEqual(found(memory, { value: 80.01 }), "80.1 MiB")
    assert.strictEqual(found(goal("drain-slow-exit"), { value: 50.02 }), "50.1 ms")
    assert.strictEqual(found(throughput, { value: 1.1, by: "throughput" }), "1.10")
  })

  it.prop(
    "what is written is on the same side of the bound as what was measured",
    { offset, one: anyGoal },
    ({ offset, one }) => {
      if (one.unit === "count") return
      const bound = "atLeast" in one.bound ? one.bound.atLeast : one.bound.atMost
      const value = Math.max(0, bound + offset)
      const written = Number.parseFloat(found(one, { value }))
      if ("atLeast" in one.bound) assert.strictEqual(written >= bound, value >= bound)
      else assert.strictEqual(written <= bound, value <= bound)
      assert.closeTo(written, value, one.unit === "ratio" ? 0.0101 : 0.101)
    },
    { arbitrary: { runs: 2000 } }
  )

  it("marks a ratio of processor times", () => {
    assert.strictEqual(ratio(1), "1.00")
    assert.strictEqual(ratio(1.234, "processor time"), "1.23*")
  })

  it("says nothing of what lies between one round and itself", () => {
    const format = (value: number) => value.toFixed(1)
    assert.strictEqual(between({ median: 2, least: 1, most: 3 }, format), "1.0–3.0")
    assert.strictEqual(between({ median: 2, least: 2, most: 2 }, format), "")
  })
})
