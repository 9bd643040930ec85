/**
 * The bytes that clients write and expect, and the time that they take.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { Histogram } from "../../src/load/Histogram.ts"
import { maxRead, Pattern } from "../../src/load/Pattern.ts"
import { Replies } from "../../src/load/Replies.ts"
import { WriteTimes } from "../../src/load/WriteTimes.ts"
import { upTo } from "../report/draw.ts"

describe("the pattern", () => {
  for (const [size, depth] of [
    [64, 1],
    [64, 32],
    [1024, 8],
    [65_536, 2]
  ] as const) {
    it(`${size} B × ${depth}: lines that all differ, more than are ever under way, and in one piece from anywhere`, () => {
      const pattern = new Pattern(size, depth)
      const lines = new Set<string>()
      for (let line = 0; line < pattern.lines; line++) {
        const bytes = pattern.take(line, 1)
        assert.deepStrictEqual([bytes.length, bytes.indexOf(10)], [size, size - 1])
        lines.add(bytes.toString("latin1"))
        assert.strictEqual(pattern.take(line, depth).length, size * depth)
      }
      assert.strictEqual(lines.size, pattern.lines)
      assert.isAtLeast(pattern.lines, 2 * depth)
      assert.isAtLeast(pattern.bytes.length, pattern.period + maxRead)
      assert.isTrue(pattern.bytes.subarray(pattern.period).equals(pattern.bytes.subarray(0, -pattern.period)))
    })
  }
})

const pattern = new Pattern(16, 8)

/** Replies to whole lines, cut anywhere. */
const stream = Arbitrary.all({
  line: upTo(pattern.lines - 1),
  count: Arbitrary.map(upTo(39), (fewer) => fewer + 1),
  cuts: Arbitrary.array(upTo(640), { maxLength: 8 })
})

const chunksOf = (bytes: Buffer, cuts: ReadonlyArray<number>): ReadonlyArray<Buffer> => {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}

const arriveAll = (replies: Replies, chunks: ReadonlyArray<Buffer>): number =>
  chunks.reduce((sum, chunk) => sum + replies.arrived(chunk.length, chunk), 0)

const linesFrom = (line: number, count: number): Buffer =>
  Buffer.from(pattern.bytes.subarray(line * 16, (line + count) * 16))

describe("replies", () => {
  it.prop("are counted whole, however they are cut", { stream }, ({ stream: { count, cuts, line } }) => {
    const replies = new Replies(pattern, line, "it")
    replies.written(count * 16)
    assert.strictEqual(arriveAll(replies, chunksOf(linesFrom(line, count), cuts)), count)
    assert.strictEqual(replies.owed, 0)
  })

  it.prop(
    "of which a byte was changed, lost, doubled or swapped are noticed, at the latest by what is owed in the end",
    { stream, at: upTo(639), how: upTo(3) },
    ({ at, how, stream: { count, cuts, line } }) => {
      const bytes = linesFrom(line, count)
      const i = at % bytes.length
      const changed = [
        () => bytes.fill((bytes[i] ?? 0) ^ 1, i, i + 1),
        () => Buffer.concat([bytes.subarray(0, i), bytes.subarray(i + 1)]),
        () => Buffer.concat([bytes.subarray(0, i + 1), bytes.subarray(i)]),
        () => Buffer.concat([bytes.subarray(0, i), bytes.subarray(i, i + 2).reverse(), bytes.subarray(i + 2)])
      ][how]?.()
      assert.isDefined(changed)
      // Two equal bytes can be swapped by anybody.
      if (changed.equals(linesFrom(line, count))) return
      const replies = new Replies(pattern, line, "it")
      replies.written(count * 16)
      const notices = (): boolean => {
        try {
          arriveAll(replies, chunksOf(changed, cuts))
          return replies.owed > 0
        } catch {
          return true
        }
      }
      assert.isTrue(notices())
    }
  )

  it("that nobody has asked for are too many", () => {
    const replies = new Replies(pattern, 0, "it")
    replies.written(16)
    assert.throws(() => replies.arrived(17, pattern.take(0, 2)), "it: 1 bytes more than were sent")
  })
})

describe("latencies", () => {
  it.prop(
    "a percentile is within 1.6 % of the one that a sorted list has, or within 1/16 µs",
    { micros: Arbitrary.array(upTo(60_000_000), { minLength: 1, maxLength: 50 }) },
    ({ micros }) => {
      const [all, one, other] = [new Histogram(), new Histogram(), new Histogram()]
      for (const [i, value] of micros.entries()) (i % 2 === 0 ? one : other).record(value / 1000, 1)
      all.add(one.recorded)
      all.add(other.recorded)
      const sorted = [...micros].sort((a, b) => a - b)
      for (const share of [0.5, 0.99, 1]) {
        const exact = (sorted[Math.ceil(sorted.length * share) - 1] ?? 0) / 1000
        assert.approximately(all.percentile(share), exact, Math.max(exact * 0.016, 1 / 16_000))
      }
    }
  )

  it("nothing recorded is no number, and after a reset nothing is", () => {
    const histogram = new Histogram()
    histogram.record(1, 5)
    histogram.reset()
    assert.isNaN(histogram.percentile(0.5))
    assert.deepStrictEqual(histogram.recorded, [])
  })

  it("each line has the time of its own write, in the order of the writes", () => {
    const times = new WriteTimes(4)
    const histogram = new Histogram()
    times.wrote(3, 0)
    times.wrote(1, 10)
    times.cameBack(2, 100, histogram)
    times.wrote(2, 20)
    times.cameBack(4, 200, histogram)
    const expected = new Histogram()
    for (const [millis, count] of [
      [100, 2],
      [200, 1],
      [190, 1],
      [180, 2]
    ] as const) {
      expected.record(millis, count)
    }
    assert.deepStrictEqual(histogram.recorded, expected.recorded)
  })
})
