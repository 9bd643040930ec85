import { assert, describe, it } from "@effect/vitest"
import { busyGenerator, compare, compareBy } from "../../src/report/Comparison.ts"
import { connectionBytes } from "../../src/report/Measurements.ts"
import { measurement } from "./fixture.ts"

const ours = (generatorBusy: number, ...more: ReadonlyArray<number>) =>
  measurement(
    "small-1",
    "tidegate",
    ...[generatorBusy, ...more].map((busy) => ({ perSecond: 1200, cpuMicros: 5, generatorBusy: busy }))
  )

const theirs = (generatorBusy: number) =>
  measurement("small-1", "raw", { perSecond: 1000, cpuMicros: 10, generatorBusy })

const byThroughput = { median: 1.2, least: 1.2, most: 1.2, by: "throughput" }
const byTime = { median: 2, least: 2, most: 2, by: "processor time" }

describe("compare", () => {
  it("is of the throughput while both generators had room left", () => {
    assert.deepStrictEqual(compare(ours(0.89), theirs(0.89)), byThroughput)
  })

  it("is of the processor time, theirs to ours, as soon as one of the two had none", () => {
    assert.strictEqual(busyGenerator, 0.9)
    assert.deepStrictEqual(compare(ours(0.9), theirs(0.5)), byTime)
    assert.deepStrictEqual(compare(ours(0.5), theirs(0.9)), byTime)
  })

  it("asks the median of the rounds how busy a generator was", () => {
    assert.deepStrictEqual(compare(ours(0.99, 0.7, 0.7), theirs(0.5)), byThroughput)
    assert.deepStrictEqual(compare(ours(0.7, 0.95, 0.99), theirs(0.5)), byTime)
  })

  it("is of the throughput where nobody knows how busy the generators were", () => {
    const unknown = (server: string, perSecond: number) => measurement("small-1", server, { perSecond })
    assert.deepStrictEqual(compare(unknown("tidegate", 1200), unknown("raw", 1000)), byThroughput)
  })

  it("is the median of the ratios of the rounds, with the least and the most", () => {
    const rounds = (server: string, ...counts: ReadonlyArray<number>) =>
      measurement("small-1", server, ...counts.map((perSecond) => ({ perSecond })))
    assert.deepStrictEqual(compare(rounds("tidegate", 10, 30, 90), rounds("raw", 5, 60, 30)), {
      median: 2,
      least: 0.5,
      most: 3,
      by: "throughput"
    })
  })

  it("says nothing of what was not measured, and takes no other figure for it", () => {
    const silent = measurement("small-1", "raw", { perSecond: 1000 })
    assert.strictEqual(compare(ours(0.5), undefined), undefined)
    assert.strictEqual(compare(undefined, theirs(0.5)), undefined)
    assert.strictEqual(compare(ours(0.95), silent), undefined)
  })

  it("a server that did nothing is no times as fast", () => {
    const still = measurement("small-1", "tidegate", { perSecond: 0, cpuMicros: Number.POSITIVE_INFINITY })
    assert.strictEqual(compare(still, theirs(0.5))?.median, 0)
    assert.strictEqual(compare(still, theirs(0.95))?.median, 0)
  })
})

describe("compareBy", () => {
  it("is the ratio of one figure, ours to theirs", () => {
    const held = (server: string, bytes: number) => measurement("idle", server, { connectionBytes: bytes })
    assert.strictEqual(compareBy(held("tidegate", 5), held("raw", 4), connectionBytes)?.median, 1.25)
    assert.strictEqual(compareBy(held("tidegate", 5), undefined, connectionBytes), undefined)
  })
})
