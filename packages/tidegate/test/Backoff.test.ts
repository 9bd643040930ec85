import { assert, describe, it } from "@effect/vitest"
import { isNewRow, isWorthLogging, pauseAfter } from "../src/Backoff.ts"

describe("Backoff", () => {
  it("S38 FF-48 5 ms, doubling, at most a second", () => {
    const pauses = Array.from({ length: 12 }, (_, at) => pauseAfter(at + 1))
    assert.deepStrictEqual(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000, 1000])
  })

  it("S38 the pause stays a second for ever", () => {
    for (const consecutive of [100, 1000, 1e6, 2 ** 31, 2 ** 40]) assert.strictEqual(pauseAfter(consecutive), 1000)
  })

  it("S38 worth a log line: the first failure of a row, then each time their number has doubled", () => {
    const worth = Array.from({ length: 1100 }, (_, at) => at + 1).filter(isWorthLogging)
    assert.deepStrictEqual(worth, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
  })

  it("S38 a new row begins after what was well for longer than the longest pause", () => {
    assert.deepStrictEqual([0, 999, 1000, 1001].map(isNewRow), [false, false, false, true])
  })
})
