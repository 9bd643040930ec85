/**
 * The program from its arguments to its report.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import type { Document } from "../../src/report/Json.ts"
import type { Row } from "../../src/rows/Row.ts"
import { measureAll } from "../../src/rows/Run.ts"
import { rows } from "../../src/rows/rows.ts"
import { argumentsOf, WrongArguments } from "../../src/servers/Arguments.ts"
import { type RowId, rowIds, type Sample } from "../../src/servers/Result.ts"
import { tiny } from "./support/bench.ts"

const timeout = { timeout: 60_000 }
const program = fileURLToPath(new URL("../../src/servers.ts", import.meta.url))

interface Ran {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

const run = (...args: ReadonlyArray<string>): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { timeout: 50_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr })
    )
  })

describe("arguments", () => {
  it("without any everything is measured", () => {
    const all = { quick: false, docs: false, json: undefined, rows: rowIds, servers: [] }
    assert.deepStrictEqual(argumentsOf([]), all)
  })

  it("rows and servers are chosen with commas or one by one", () => {
    const asked = argumentsOf(["--quick", "--only", "churn,small-1", "--only=idle", "--servers", "raw", "--json", "a"])
    assert.deepStrictEqual(asked.rows, ["small-1", "churn", "idle"])
    assert.deepStrictEqual([asked.servers, asked.quick, asked.json], [["raw"], true, "a"])
  })

  for (const [args, message] of [
    [["--only", "small-2"], /^--only: got "small-2", expected small-1, small-32, .*, restarts$/],
    [
      ["--servers", "raw,"],
      /^--servers: got "", expected tidegate, raw, raw-concat, socket-server, succeed, .*, sleep$/
    ],
    [["--fast"], /^Unknown option '--fast'/],
    [["small-1"], /^Unexpected argument 'small-1'/],
    [["--json"], /^Option '--json <value>' argument missing$/],
    [["--json", ""], /^--json: got nothing, expected the name of a file$/]
  ] as const) {
    it(`${args.join(" ")} is refused`, () => {
      const refused = (() => {
        try {
          return argumentsOf(args)
        } catch (error) {
          return error
        }
      })()
      assert.instanceOf(refused, WrongArguments)
      assert.match(refused.message, message)
      assert.notInclude(refused.message, "\n")
    })
  }

  for (const [args, message] of [
    [["--only", "nothing"], /^--only: got "nothing", expected .*\n$/],
    [["--only", "idle", "--servers", "raw-concat"], /^--servers: none of them is in these rows\n$/],
    [["--only", "small-1", "--json", "/nowhere/at/all.json"], /^--json: ENOENT.*\n$/]
  ] as const) {
    it(`${args.join(" ")}: one line and exit code 2`, timeout, async () => {
      const { code, stderr, stdout } = await run(...args)
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.match(stderr, message)
      assert.strictEqual(stderr.split("\n").length, 2)
    })
  }
})

describe("a run", () => {
  it(
    "shows tables and goals, and writes them down; the exit code tells whether the goals are met",
    timeout,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "bench-"))
      try {
        const file = join(folder, "result.json")
        const asked = ["--quick", "--only", "small-1", "--servers", "tidegate,raw", "--json", file]
        const { code, stderr, stdout } = await run(...asked)
        assert.strictEqual(stderr, "")
        assert.match(stdout, /^tidegate +[\d,]+ +[\d.]+ /m)
        // What the program itself has written.
        const { goals, measurements, ok, quick } = JSON.parse(readFileSync(file, "utf8")) as Document
        assert.deepStrictEqual(
          measurements.map(({ row, samples, server }) => [row, server, samples.length]),
          [
            ["small-1", "tidegate", 1],
            ["small-1", "raw", 1]
          ]
        )
        assert.isTrue(quick)
        assert.strictEqual(
          ok,
          goals.every(({ outcome }) => outcome !== "missed")
        )
        assert.strictEqual(code, ok ? 0 : 1)
      } finally {
        rmSync(folder, { recursive: true })
      }
    }
  )
})

const speed: ReadonlyArray<keyof Sample> = ["perSecond", "cpuMicros", "serverBusy", "generatorBusy"]
const counts: ReadonlyArray<keyof Sample> = ["failed", "owed"]
const drained: ReadonlyArray<keyof Sample> = ["owed", "lost", "resets", "failed", "exitMillis"]

const figures: Readonly<Record<RowId, ReadonlyArray<keyof Sample>>> = {
  "small-1": [...speed, "latencyMillis"],
  "small-32": [...speed, "latencyMillis"],
  "kib-8": [...speed, "latencyMillis"],
  stream: speed,
  churn: [...speed, ...counts],
  idle: ["idleBytes", "connectionBytes", "owed"],
  handlers: [...speed, "latencyMillis"],
  connections: [...speed, "latencyMillis"],
  fairness: ["serverBusy", "latencyMillis"],
  "drain-unread": drained,
  "drain-load": drained,
  "drain-slow": drained,
  restarts: [...speed, ...counts]
}

/** Of the rows that compare servers one is enough here. */
const few: Readonly<Partial<Record<RowId, ReadonlyArray<string>>>> = {
  "small-32": ["raw-concat"],
  "kib-8": ["socket-server"],
  stream: ["raw"],
  churn: ["socket-server"],
  idle: ["raw"]
}

describe("a row", () => {
  for (const row of rows) {
    it(`${row.id}: every figure that it is for, and nothing lost or wrong in its numbers`, timeout, async () => {
      for (const { samples, server } of await measureAll(selectionOf(row), tiny, () => {})) {
        const [sample = {}] = samples
        for (const key of figures[row.id]) {
          assert.isDefined(sample[key], `${server} ${key}`)
          assert.notInclude(Object.values(sample), Number.NaN)
        }
        if (sample.latencyMillis !== undefined) assert.isAbove(sample.latencyMillis.p50, 0)
      }
    })
  }
})

const selectionOf = (row: Row) => ({ rows: [row], servers: few[row.id] ?? [] })
