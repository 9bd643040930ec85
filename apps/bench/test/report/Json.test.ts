import { assert, describe, it } from "@effect/vitest"
import { goals } from "../../src/report/Goals.ts"
import { document, serialise } from "../../src/report/Json.ts"
import { changed, justMet, measurement, resultOf, without } from "./fixture.ts"

describe("document", () => {
  it("has these keys", () => {
    const { comparisons, goals, machine, measurements, ...rest } = document(justMet)
    assert.deepStrictEqual(rest, { version: 1, date: "2026-01-31T12:00:00.000Z", quick: false, ok: true })
    assert.deepStrictEqual(machine, justMet.machine)
    assert.deepStrictEqual(measurements, justMet.measurements)
    assert.deepStrictEqual(comparisons[0], {
      row: "small-1",
      server: "tidegate",
      against: { server: "raw" },
      ratio: 1.1,
      least: 1.1,
      most: 1.1,
      by: "throughput"
    })
    assert.deepStrictEqual(goals[0], {
      id: "small-1-throughput-to-raw",
      row: "small-1",
      what: "throughput to raw's",
      unit: "ratio",
      bound: { atLeast: 1.1 },
      outcome: "met",
      value: 1.1,
      by: "throughput"
    })
  })

  it("compares within a row and a case, restarts with none, and nothing with itself", () => {
    const against = document(justMet).comparisons.map(({ against, row, server, variant }) =>
      [row, server, variant, against.server, against.variant].filter((part) => part !== undefined).join(" ")
    )
    assert.includeMembers(against, [
      "small-1 socket-server raw",
      "small-1 raw raw-concat",
      "handlers fnUntraced raw",
      "connections tidegate 100 raw 100",
      "restarts tidegate restarting tidegate plain"
    ])
    assert.notInclude(against, "small-1 raw raw")
    assert.strictEqual(new Set(against).size, against.length)
  })

  it("has every goal, without a value where it was not measured, and is not ok if one was missed", () => {
    const empty = document(resultOf())
    assert.strictEqual(empty.goals.length, goals.length)
    assert.isTrue(empty.goals.every((goal) => goal.outcome === "not measured" && !("value" in goal)))
    assert.isTrue(empty.ok)
    assert.isFalse(document(changed(justMet, ["churn", "tidegate"], { perSecond: 1 })).ok)
    assert.isTrue(document(without(justMet, ({ row }) => row === "churn")).ok)
  })
})

describe("serialise", () => {
  it("writes the document, and a line end", () => {
    const written = serialise(justMet)
    assert.deepStrictEqual(JSON.parse(written), document(justMet))
    assert.isTrue(written.endsWith("}\n"))
  })

  it("writes null for what is not finite, and judges it all the same", () => {
    const drained = { owed: 1, lost: 0, resets: 0, exitMillis: Number.POSITIVE_INFINITY }
    const read = JSON.parse(serialise(resultOf(measurement("drain-slow", "tidegate", drained))))
    assert.strictEqual(read.measurements[0].samples[0].exitMillis, null)
    assert.deepInclude(
      read.goals.find((goal: { readonly id: string }) => goal.id === "drain-slow-exit"),
      { outcome: "missed", value: null }
    )
    assert.isFalse(read.ok)
  })
})
