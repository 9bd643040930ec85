import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { bytesEach, halvesOf } from "../../src/rows/Halves.ts"
import { upTo } from "../report/draw.ts"

const count = Arbitrary.map(upTo(20_000), (others) => others + 1)
const bytes = upTo(2 ** 30)

describe("the halves", () => {
  it.prop("are all connections, and differ by one at most, the second one being the larger", { count }, (given) => {
    const { first, second } = halvesOf(given.count)
    assert.strictEqual(first + second, given.count)
    assert.include([0, 1], second - first)
  })
})

describe("what each weighs", () => {
  it("is what the second half has added, of each of the second half", () => {
    assert.strictEqual(bytesEach(halvesOf(10_000), { rssBytes: 100e6 }, { rssBytes: 125e6 }), 5000)
  })

  it.prop("does not depend on what was there with the first half", { count, code: bytes, each: bytes }, (given) => {
    const halves = halvesOf(given.count)
    const rssOf = (connections: number): number => given.code + connections * given.each
    const weight = bytesEach(halves, { rssBytes: rssOf(halves.first) }, { rssBytes: rssOf(given.count) })
    assert.strictEqual(weight, given.each)
  })
})
