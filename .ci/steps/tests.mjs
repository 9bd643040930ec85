// Runs vitest on the project's own Node and leaves the counts in `testCounts` for check.mjs. Arguments are vitest's.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { run } from "../child.mjs"
import { testCountsFile } from "../counts.mjs"
import { cacheDirectory, root } from "../workspace.mjs"

const report = join(cacheDirectory, "vitest.json")
mkdirSync(dirname(report), { recursive: true })
rmSync(report, { force: true })
rmSync(testCountsFile, { force: true })

// A long run of the simulated suites takes as long as it was asked to.
const isLongRun = process.env.SIM_MINUTES !== undefined || process.env.SIM_RUNS !== undefined
const timeout = isLongRun ? 86_400 : 900

// Some hundred processes load the same modules; those that the tests start inherit it.
process.env.NODE_COMPILE_CACHE ??= join(cacheDirectory, "compiled")

const vitest = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--config", "vitest.workspace.ts"]
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`]
// `--project node` is all of it, what runs alone included.
const given = process.argv.slice(2)
const namesProject = (arg, at) => given[at - 1] === "--project" || arg.startsWith("--project=")
const args = given.map((arg, at) => (namesProject(arg, at) ? `${arg}*` : arg))
const result = await run(process.execPath, [...vitest, ...reporters, ...args], {
  live: true,
  timeout
})

const read = () => {
  try {
    const json = JSON.parse(readFileSync(report, "utf8"))
    const skipped = json.numPendingTests + json.numTodoTests
    return { passed: json.numPassedTests, failed: json.numFailedTests, skipped }
  } catch {
    return undefined
  }
}

const counts = read()
if (counts !== undefined) writeFileSync(testCountsFile, JSON.stringify(counts))
const nothingRan = counts === undefined || counts.passed + counts.failed === 0
if (nothingRan) console.error("no test ran")
if (result.timedOut) console.error(`the tests did not end within ${timeout} s and were killed`)
process.exitCode = result.ok && !nothingRan ? 0 : 1
