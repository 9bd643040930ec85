import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { median, ratios, spread } from "../../src/report/Statistics.ts"
import { upTo } from "./draw.ts"

const figure = Arbitrary.map(upTo(1_000_000), (value) => value + 1)
const figures = Arbitrary.array(figure, { minLength: 1, maxLength: 9 })
/** A power of two: multiplying with it rounds nothing. */
const slowdown = Arbitrary.map(upTo(16), (value) => 2 ** (value - 8))
const round = Arbitrary.all({ ours: figure, theirs: figure, slowdown })

describe("median", () => {
  it("is the one in the middle, or the mean of the two there", () => {
    assert.strictEqual(median([30, 1, 2]), 2)
    assert.strictEqual(median([30, 1, 2, 4]), 3)
    assert.strictEqual(median([7]), 7)
    assert.strictEqual(median([]), undefined)
  })

  it("takes numbers for numbers, and does not change what it was given", () => {
    const given = [9, 10, 100]
    assert.strictEqual(median(given), 10)
    assert.deepStrictEqual(given, [9, 10, 100])
  })

  it("is finite of what is finite, and infinite where the middle is", () => {
    assert.strictEqual(median([Number.MAX_VALUE, Number.MAX_VALUE]), Number.MAX_VALUE)
    assert.strictEqual(median([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]), Number.POSITIVE_INFINITY)
  })

  it.prop("has at least half of the values on either side", { figures }, ({ figures }) => {
    const middle = median(figures) ?? Number.NaN
    assert.isAtLeast(figures.filter((value) => value <= middle).length, figures.length / 2)
    assert.isAtLeast(figures.filter((value) => value >= middle).length, figures.length / 2)
  })
})

describe("spread", () => {
  it("goes from the least to the most", () => {
    assert.deepStrictEqual(spread([4, 2, 9]), { median: 4, least: 2, most: 9 })
    assert.strictEqual(spread([]), undefined)
  })
})

describe("ratios", () => {
  it("compares within a round, and only rounds that both were measured in", () => {
    assert.deepStrictEqual(ratios([2, undefined, 6, 8], [1, 1, undefined, 2, 5]), [2, 4])
  })

  it("leaves out what is no number", () => {
    assert.deepStrictEqual(ratios([1, 0, Number.NaN, 3], [0, 0, 1, 2]), [1.5])
  })

  it("the median of the ratios is not the ratio of the medians", () => {
    const ours = [10, 30, 90]
    const theirs = [5, 60, 30]
    assert.deepStrictEqual([median(ours), median(theirs)], [30, 30])
    assert.strictEqual(median(ratios(ours, theirs)), 2)
  })

  it.prop(
    "what slows down all of a round changes nothing",
    { rounds: Arbitrary.array(round, { minLength: 1, maxLength: 9 }) },
    ({ rounds }) => {
      const quiet = ratios(
        rounds.map(({ ours }) => ours),
        rounds.map(({ theirs }) => theirs)
      )
      const noisy = ratios(
        rounds.map(({ ours, slowdown }) => ours * slowdown),
        rounds.map(({ slowdown, theirs }) => theirs * slowdown)
      )
      assert.deepStrictEqual(noisy, quiet)
      assert.deepStrictEqual(spread(noisy), spread(quiet))
    }
  )
})
