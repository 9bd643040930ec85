import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { judge } from "../../src/report/Goals.ts"
import { goalTable, tables, tally } from "../../src/report/Tables.ts"
import type { Result, RowId } from "../../src/servers/Result.ts"
import { table } from "../../src/Table.ts"
import { upTo } from "./draw.ts"
import { changed, justMet, measurement, resultOf, without } from "./fixture.ts"

const tableOf = (result: Result, row: RowId) => {
  const found = tables(result).find(({ rows }) => rows.includes(row))
  assert.isDefined(found)
  return found
}

/** The cells of the line that begins with these words, by their headings. */
const lineOf = (result: Result, row: RowId, ...words: ReadonlyArray<string>): Readonly<Record<string, string>> => {
  const { header, lines } = tableOf(result, row)
  const line = lines.find((cells) => words.every((word, column) => cells[column] === word))
  assert.isDefined(line)
  return Object.fromEntries(header.map((heading, column) => [heading, line[column] ?? ""]))
}

const letters = Arbitrary.map(upTo(30), (length) => "abc×≥–*µ".repeat(4).slice(0, length))
const cells = Arbitrary.array(Arbitrary.all([letters, letters, letters]), { minLength: 0, maxLength: 8 })
const left = upTo(3)

describe("table", () => {
  it.prop("every cell is whole, in a column of its own, at the side that is asked for", { cells, left }, (given) => {
    const header = ["words", "more", "numbers"]
    const [heading = "", rule = "", ...lines] = table(header, given.cells, given.left).split("\n")
    assert.match(rule, /^-+(?: {2}-+)*$/)
    const widths = rule.split("  ").map(({ length }) => length)
    assert.deepStrictEqual(
      widths,
      header.map((name, column) => Math.max(name.length, ...given.cells.map((line) => line[column]?.length ?? 0)))
    )
    for (const [index, line] of [heading, ...lines].entries()) {
      let from = 0
      for (const [column, width] of widths.entries()) {
        const cell = [header, ...given.cells][index]?.[column] ?? ""
        const expected = column < given.left ? cell.padEnd(width) : cell.padStart(width)
        assert.strictEqual(line.slice(from, from + width).padEnd(width), expected)
        from += width + 2
      }
      assert.isAtMost(line.length, rule.length)
    }
  })
})

describe("tables", () => {
  it("are those of the rows that were measured, in the order of the rows, the drains in one", () => {
    assert.deepStrictEqual(
      tables(justMet).map(({ rows }) => rows.join(" ")),
      [
        "small-1",
        "small-32",
        "kib-8",
        "stream",
        "churn",
        "idle",
        "handlers",
        "connections",
        "fairness",
        "drain-unread drain-load drain-slow",
        "restarts"
      ]
    )
    assert.deepStrictEqual(
      tables(without(justMet, ({ row }) => row !== "drain-load")).map(({ lines }) => lines),
      [[["in the middle of full load", "tidegate", "64", "0", "0", "50"]]]
    )
    assert.deepStrictEqual(tables(resultOf()), [])
  })

  it("a row of throughput has all that is known of each server", () => {
    const result = changed(justMet, ["small-1", "tidegate"], {
      serverBusy: 0.987,
      generatorBusy: 0.5,
      cpuMicros: 9.876
    })
    assert.deepStrictEqual(lineOf(result, "small-1", "tidegate"), {
      server: "tidegate",
      "messages/s": "3,300",
      "× raw": "1.10",
      "× concat": "1.10",
      "CPU µs": "9.88",
      busy: "0.99",
      "gen.": "0.50",
      ceiling: "6,600",
      "p50 ms": "0.6",
      "p99 ms": "1.2",
      "p99.9 ms": "2.4"
    })
    assert.strictEqual(lineOf(result, "small-1", "raw")["× raw"], "1.00")
  })

  it("rounds are medians, with the least and the most beside them", () => {
    const rounds = measurement("small-1", "raw", { perSecond: 300 }, { perSecond: 100 }, { perSecond: 1000 })
    assert.deepStrictEqual(lineOf(resultOf(rounds), "small-1", "raw"), {
      server: "raw",
      "messages/s": "300",
      rounds: "100–1,000",
      "× raw": "1.00"
    })
  })

  it("bytes are shown as megabytes, and the processor time is for one of them", () => {
    const line = lineOf(changed(justMet, ["stream", "tidegate"], { cpuMicros: 0.0005 }), "stream", "tidegate")
    assert.strictEqual(line["MB/s"], "3,300")
    assert.strictEqual(line["CPU µs"], "500")
    assert.strictEqual(line["ceiling"], "4,714")
  })

  it("a column that nobody has anything to say in is left out, and a cell of one who has not is empty", () => {
    assert.notInclude(tableOf(justMet, "small-32").header, "p99 ms")
    assert.notInclude(tableOf(justMet, "small-32").header, "× concat")
    assert.strictEqual(lineOf(justMet, "churn", "tidegate")["failed"], "0")
    assert.strictEqual(lineOf(justMet, "churn", "raw")["failed"], "")
  })

  it("ratios of processor times are marked", () => {
    const result = changed(justMet, ["churn", "raw"], { generatorBusy: 0.95 })
    assert.strictEqual(lineOf(result, "churn", "tidegate")["× raw"], "0.95*")
    assert.strictEqual(lineOf(result, "churn", "raw")["× raw"], "1.00")
  })

  it("memory is in the units that one reads it in, and the ratio is of the connections'", () => {
    assert.deepStrictEqual(lineOf(justMet, "idle", "tidegate"), {
      server: "tidegate",
      connections: "10,000",
      "process MiB": "80",
      "KiB each": "1.32",
      "each × raw": "1.35"
    })
  })

  it("the cases of a row come one after the other, each compared with the others of its own", () => {
    const { lines } = tableOf(changed(justMet, ["connections", "raw", "100"], { perSecond: 500 }), "connections")
    assert.deepStrictEqual(
      lines.map((line) => line.slice(0, 2)),
      [
        ["10", "tidegate"],
        ["10", "raw"],
        ["100", "tidegate"],
        ["100", "raw"]
      ]
    )
    assert.deepStrictEqual(
      lines.map((line) => line[3]),
      ["1.00", "1.00", "2.00", "1.00"]
    )
  })

  it("a quiet client beside a flood is compared with itself alone, restarts with none", () => {
    assert.strictEqual(lineOf(justMet, "fairness", "flooded")["p99 × alone"], "3.00")
    assert.strictEqual(lineOf(justMet, "restarts", "tidegate", "restarting")["× plain"], "0.90")
    assert.strictEqual(lineOf(justMet, "restarts", "tidegate", "plain")["× plain"], "1.00")
  })

  it("drains are summed over the rounds, and the slowest exit is shown", () => {
    const drained = { owed: 64, lost: 1, resets: 0, exitMillis: 10 }
    const rounds = measurement("drain-slow", "tidegate", drained, { ...drained, exitMillis: 12 })
    assert.deepStrictEqual(lineOf(resultOf(rounds), "drain-slow"), {
      drain: "handlers that take 20 ms",
      server: "tidegate",
      "replies owed": "128",
      lost: "2",
      resets: "0",
      "exit ms": "12"
    })
  })
})

describe("goalTable", () => {
  it("has every goal with what was asked and what was found", () => {
    const { lines } = goalTable(judge(without(justMet, ({ row }) => row === "stream")))
    assert.deepStrictEqual(lines[0], ["small-1", "throughput to raw's", "≥ 1.10", "1.10", "met"])
    assert.deepStrictEqual(lines[3], ["stream", "throughput to raw's", "≥ 1.10", "", "not measured"])
    assert.deepStrictEqual(lines[14], ["drain-unread", "replies lost", "0", "0 of 64", "met"])
  })

  it("tally counts them", () => {
    assert.strictEqual(tally(judge(justMet)), "25 of 25 goals met")
    const half = without(justMet, ({ row }) => row === "stream")
    assert.strictEqual(
      tally(judge(changed(half, ["churn", "tidegate"], { perSecond: 1 }))),
      "21 of 25 goals met, 2 missed, 2 not measured"
    )
  })
})
