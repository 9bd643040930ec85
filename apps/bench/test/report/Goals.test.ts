import { assert, describe, it } from "@effect/vitest"
import { exitCode, goals, judge } from "../../src/report/Goals.ts"
import { type Result, type RowId, rowIds, type Sample } from "../../src/servers/Result.ts"
import { changed, justMet, measurement, resultOf, without } from "./fixture.ts"

const idsOf = (result: Result, outcome: "met" | "missed" | "not measured"): ReadonlyArray<string> =>
  judge(result)
    .filter((verdict) => verdict.outcome === outcome)
    .map(({ goal }) => goal.id)

type Where = readonly [row: RowId, server: string, variant?: string]

const drains = (["drain-unread", "drain-load", "drain-slow"] as const).flatMap(
  (row): ReadonlyArray<readonly [string, Where, Sample]> => [
    [`${row}-lost`, [row, "tidegate"], { lost: 1 }],
    [`${row}-resets`, [row, "tidegate"], { resets: 1 }],
    [`${row}-exit`, [row, "tidegate"], { exitMillis: 50.01 }]
  ]
)

/** What makes exactly one goal miss, by a hair. */
const hairs: ReadonlyArray<readonly [id: string, where: Where, change: Sample]> = [
  ["small-1-throughput-to-raw", ["small-1", "raw"], { perSecond: 3001 }],
  ["small-32-throughput-to-raw", ["small-32", "raw"], { perSecond: 3001 }],
  ["kib-8-throughput-to-raw", ["kib-8", "raw"], { perSecond: 3001 }],
  ["stream-throughput-to-raw", ["stream", "raw"], { perSecond: 3.001e9 }],
  ["churn-throughput-to-raw", ["churn", "raw"], { perSecond: 3001 }],
  ["small-1-throughput-to-socket-server", ["small-1", "socket-server"], { perSecond: 2201 }],
  ["small-32-throughput-to-socket-server", ["small-32", "socket-server"], { perSecond: 2401 }],
  ["kib-8-throughput-to-socket-server", ["kib-8", "socket-server"], { perSecond: 3501 }],
  ["stream-throughput-to-socket-server", ["stream", "socket-server"], { perSecond: 2.201e9 }],
  ["churn-throughput-to-socket-server", ["churn", "socket-server"], { perSecond: 1901 }],
  ["small-1-p99-to-raw", ["small-1", "raw"], { latencyMillis: { p50: 0.5, p99: 0.999, p999: 2 } }],
  ["idle-connection-to-raw", ["idle", "tidegate"], { connectionBytes: 1351 }],
  ["idle-process", ["idle", "tidegate"], { idleBytes: 80 * 1_048_576 + 1 }],
  ["handlers-fnUntraced-to-raw", ["handlers", "fnUntraced"], { perSecond: 649 }],
  ...drains,
  ["restarts-failed", ["restarts", "tidegate", "restarting"], { failed: 1 }],
  ["restarts-throughput-to-plain", ["restarts", "tidegate", "restarting"], { perSecond: 899 }]
]

describe("judge", () => {
  it("a goal that is reached exactly is met", () => {
    assert.deepStrictEqual(idsOf(justMet, "missed"), [])
    assert.deepStrictEqual(idsOf(justMet, "not measured"), [])
    assert.strictEqual(exitCode(judge(justMet)), 0)
  })

  for (const [id, where, change] of hairs) {
    it(`${id} is missed by a hair, and nothing else is`, () => {
      const result = changed(justMet, where, change)
      assert.deepStrictEqual(idsOf(result, "missed"), [id])
      assert.strictEqual(exitCode(judge(result)), 1)
    })
  }

  it("knows of no goal that these cases do not reach, and ids are never given twice", () => {
    const ids = goals.map(({ id }) => id)
    assert.deepStrictEqual([...ids].sort(), hairs.map(([id]) => id).sort())
    assert.strictEqual(new Set(ids).size, ids.length)
  })

  for (const row of rowIds) {
    it(`without the row ${row} its goals are not measured, and nothing is missed`, () => {
      const result = without(justMet, (one) => one.row === row)
      const ofRow = goals.filter((goal) => goal.row === row).map(({ id }) => id)
      assert.deepStrictEqual(idsOf(result, "not measured"), ofRow)
      assert.deepStrictEqual(idsOf(result, "missed"), [])
      assert.strictEqual(exitCode(judge(result)), 0)
    })
  }

  it("of an empty result nothing is measured", () => {
    assert.strictEqual(idsOf(resultOf(), "not measured").length, goals.length)
    assert.strictEqual(exitCode(judge(resultOf())), 0)
  })

  it("a ratio to a server that was not measured is not measured", () => {
    const result = without(justMet, ({ server }) => server === "raw")
    assert.include(idsOf(result, "not measured"), "small-1-throughput-to-raw")
    assert.include(idsOf(result, "met"), "small-1-throughput-to-socket-server")
  })

  it("none lost of none owed is missed: nothing was shown", () => {
    const result = changed(justMet, ["drain-load", "tidegate"], { owed: 0 })
    assert.deepStrictEqual(idsOf(result, "missed"), ["drain-load-lost", "drain-load-resets"])
  })

  it("one lost reply in one round is enough, and the slowest exit counts", () => {
    const drained = { owed: 64, lost: 0, resets: 0, exitMillis: 10 }
    const rounds = measurement("drain-load", "tidegate", drained, { ...drained, lost: 1, exitMillis: 51 }, drained)
    assert.deepStrictEqual(idsOf(resultOf(rounds), "missed"), ["drain-load-lost", "drain-load-exit"])
    const verdict = judge(resultOf(rounds)).find(({ goal }) => goal.id === "drain-load-lost")
    assert.deepStrictEqual(verdict?.measured, { value: 1, outOf: 192 })
  })

  it("compares processor times where a generator was at its ceiling, in the row of restarts too", () => {
    const slow = { perSecond: 1, cpuMicros: 100 }
    const full = { perSecond: 1000, cpuMicros: 110, generatorBusy: 0.95 }
    const result = changed(changed(justMet, ["small-1", "raw"], full), ["small-1", "tidegate"], slow)
    const measured = judge(result).find(({ goal }) => goal.id === "small-1-throughput-to-raw")?.measured
    assert.deepStrictEqual(measured, { value: 1.1, by: "processor time" })

    const plain = changed(justMet, ["restarts", "tidegate", "plain"], { cpuMicros: 90, generatorBusy: 0.95 })
    const restarting = changed(plain, ["restarts", "tidegate", "restarting"], { ...slow, generatorBusy: 0.95 })
    const ofRestarts = judge(restarting).find(({ goal }) => goal.id === "restarts-throughput-to-plain")
    assert.deepStrictEqual(ofRestarts?.measured, { value: 0.9, by: "processor time" })
  })
})
