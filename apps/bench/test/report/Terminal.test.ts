import { assert, describe, it } from "@effect/vitest"
import { noise } from "../../src/report/Machine.ts"
import { print } from "../../src/report/Terminal.ts"
import { changed, inCase, justMet, measurement, resultOf, without } from "./fixture.ts"

const perSecond = (...counts: ReadonlyArray<number>) => counts.map((count) => ({ perSecond: count }))

describe("print", () => {
  it("has the tables, then the goals, and in the last line the machine", () => {
    const lines = print(justMet).split("\n")
    assert.strictEqual(lines[0], "64 B × 64 connections × 1 in flight (small-1)")
    const at = (line: string) => lines.findIndex((one) => one.startsWith(line))
    assert.isAbove(at("restarts  "), at("server    case"))
    assert.isAbove(at("25 of 25 goals met"), at("restarts  "))
    assert.strictEqual(
      lines.at(-1),
      "Abacus 3000, 2 cores, Linux 6.1.0, Node 24.0.0, Effect 4.1.0, the server on a core of its own; one round, so how noisy it was is not known"
    )
  })

  it("says what was found of each goal, and which were missed", () => {
    const printed = print(changed(justMet, ["kib-8", "raw"], { perSecond: 3001 }))
    assert.match(printed, /^kib-8 +throughput to raw's +≥ 1\.40 +1\.39 +missed$/m)
    assert.match(printed, /^kib-8 +throughput to socket-server's +≥ 1\.20 +1\.20 +met$/m)
    assert.match(printed, /^24 of 25 goals met, 1 missed$/m)
  })

  it("fits 120 columns but for the line of the machine", () => {
    const millions = { perSecond: 3_456_789, generatorBusy: 0.95, cpuMicros: 0.333 }
    const latencyMillis = { p50: 0.123, p99: 1.234, p999: 12.34 }
    const wide = measurement(
      "small-1",
      "socket-server",
      { ...millions, latencyMillis },
      { ...millions, perSecond: 3_012_345 }
    )
    const printed = print(resultOf(wide, ...without(justMet, ({ row }) => row === "small-1").measurements))
    for (const line of printed.split("\n").slice(0, -1)) assert.isAtMost(line.length, 120, line)
  })

  it("explains the mark only where there is one", () => {
    assert.notMatch(print(justMet), /^\*:/m)
    assert.match(
      print(changed(justMet, ["churn", "raw"], { generatorBusy: 0.9 })),
      /^\*: a load generator was at its ceiling/m
    )
  })

  it("of nothing says that nothing was measured", () => {
    const printed = print(resultOf())
    assert.match(printed, /^0 of 25 goals met, 25 not measured$/m)
    assert.notMatch(printed, /CPU/)
  })
})

describe("noise", () => {
  it("is how far apart the rounds lay, in the median and at worst", () => {
    const worst = inCase("100", measurement("connections", "raw", ...perSecond(80, 100, 130)))
    const result = resultOf(
      measurement("small-1", "tidegate", ...perSecond(100, 101, 99)),
      worst,
      measurement("churn", "raw", ...perSecond(100, 90, 100))
    )
    assert.deepStrictEqual(noise(result), { median: 0.1, worst: 0.5, worstOf: worst })
    assert.match(print(result), /; rounds lay 10 % apart in the median, 50 % at worst \(connections raw 100\)$/)
  })

  it("is not known from one round, nor where nothing was counted", () => {
    assert.strictEqual(noise(justMet), undefined)
    assert.strictEqual(noise(resultOf(measurement("idle", "raw", {}, {}))), undefined)
    assert.strictEqual(noise(resultOf(measurement("churn", "raw", ...perSecond(0, 0)))), undefined)
  })
})
