import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { benchmarks, escaped, plotFile, table } from "../../src/report/Markdown.ts"
import { oneOf } from "./draw.ts"
import { changed, justMet, measurement, resultOf, without } from "./fixture.ts"

const piece = oneOf("|", "\\", "*", "a", " ", "\n", "<b>", "[", "`", "_")
const cell = Arbitrary.map(Arbitrary.array(piece, { maxLength: 8 }), (pieces) => pieces.join(""))
const lines = Arbitrary.array(Arbitrary.all([cell, cell]), { maxLength: 5 })

/** As a reader of Markdown tables does: at pipes that no odd number of backslashes stands before. */
const columnsOf = (line: string): number => line.replaceAll(/\\./gs, "").split("|").length - 2

describe("table", () => {
  it("has the numbers at the right", () => {
    assert.strictEqual(
      table({ header: ["server", "CPU µs"], lines: [["raw", "0.32"]], left: 1 }),
      "| server | CPU µs |\n| --- | --: |\n| raw | 0.32 |"
    )
  })

  it.prop("keeps its columns whatever stands in the cells", { lines }, (given) => {
    const written = table({ header: ["a", "b"], lines: given.lines, left: 1 }).split("\n")
    assert.strictEqual(written.length, given.lines.length + 2)
    for (const line of written) assert.strictEqual(columnsOf(line), 2, line)
  })
})

describe("escaped", () => {
  it("leaves nothing that would be markup", () => {
    assert.strictEqual(escaped("1.12* <b> a|b [c] `d`"), "1.12\\* \\<b\\> a\\|b \\[c\\] \\`d\\`")
  })
})

describe("benchmarks", () => {
  it("says how it was made, on what, and how to make it again", () => {
    const file = benchmarks(justMet)
    assert.include(file, "were written by `npm run bench -- --docs`;")
    assert.include(file, "Measured on 2026-01-31: Abacus 3000, 2 cores, Linux 6.1.0, Node 24.0.0, Effect 4.1.0")
    assert.include(file, "## Run it yourself\n\n```sh\nnpm run bench")
    assert.isTrue(file.endsWith(".\n"))
  })

  it("says of a quick run that it was one", () => {
    const file = benchmarks({ ...justMet, quick: true })
    assert.include(file, "were written by `npm run bench -- --docs --quick`;")
    assert.include(file, "This was a quick run")
    assert.notInclude(benchmarks(justMet), "This was a quick run")
  })

  it("links the picture, with all of it in words, if there is one", () => {
    assert.match(benchmarks(justMet), new RegExp(`^!\\[Throughput, .*tidegate 1\\.10.*\\]\\(${plotFile}\\)$`, "m"))
    assert.notInclude(benchmarks(without(justMet, ({ server }) => server === "raw")), plotFile)
  })

  it("has the goals and every table", () => {
    const file = benchmarks(changed(justMet, ["churn", "tidegate"], { perSecond: 1900 }))
    assert.include(file, "\n23 of 25 goals met, 2 missed.\n")
    assert.include(file, "| churn | throughput to raw's | ≥ 0.95 | 0.63 | missed |")
    assert.include(file, "### Stream of 64 KiB lines × 8 connections\n\n`stream`\n\n| server | MB/s |")
    assert.include(file, "| handlers that take 20 ms | tidegate | 64 | 0 | 0 | 50 |")
  })

  it("tells of the servers that were measured, and names the rows that were not", () => {
    const file = benchmarks(resultOf(measurement("small-1", "raw", { perSecond: 1 })))
    assert.include(file, "- **raw**: ")
    assert.notInclude(file, "- **tidegate**: ")
    assert.include(file, "Rows that were not measured in this run: `small-32`, `kib-8`,")
    assert.include(file, "In each of\n1 round every")
    assert.notInclude(benchmarks(justMet), "not measured in this run")
  })

  it("has no two empty lines in a row, and none at the end", () => {
    for (const result of [justMet, resultOf()]) {
      assert.notMatch(benchmarks(result), /\n\n\n|\n\n$/)
    }
  })
})
