// All checks, in an order that suits two cores. Shows a step's output only when it fails; the tests are shown as they run.
import { rmSync } from "node:fs"
import { join } from "node:path"
import { run } from "./child.mjs"
import { readCounts, smokeCountsFile, testCountsFile } from "./counts.mjs"
import { bin, root } from "./workspace.mjs"

const script = (path) => [process.execPath, [join(root, ".ci", path)]]
const biome = [bin("biome"), ["check", "--error-on-warnings", "--colors=off", "."]]

// The steps of one row run at the same time; the tests run alone, as other work would disturb those on real sockets.
const rows = [
  [
    { name: "types", command: script("steps/types.mjs") },
    {
      name: "lint",
      command: biome,
      hint: "`npm run format` repairs formatting, import order and what else has a safe fix"
    },
    { name: "tidy", command: script("tidy.mjs") }
  ],
  [
    { name: "effect", command: script("steps/effect.mjs") },
    { name: "build", command: script("steps/build.mjs") }
  ],
  // Its own timeout is inside: a long run of the simulated suites has another one.
  [{ name: "tests", command: script("steps/tests.mjs"), live: true, counts: testCountsFile, timeout: 86_400 }],
  [{ name: "smoke", command: script("smoke.mjs"), needs: "build", counts: smokeCountsFile }]
]

const steps = rows.flat()
const failed = []
const indented = (text) => text.trimEnd().replaceAll(/^/gm, "    ")
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`

const start = (step) => {
  if (step.counts !== undefined) rmSync(step.counts, { force: true })
  if (failed.includes(step.needs)) return { ok: false, output: `not run, because ${step.needs} failed`, seconds: 0 }
  return run(...step.command, { live: step.live, timeout: step.timeout ?? 1200 })
}

/** What of a step's output is worth showing. */
const worthShowing = (step, { ok, output }) => {
  if (!ok) return [output.trimEnd(), step.hint].filter(Boolean).join("\n")
  return output
    .split("\n")
    .filter((line) => line.includes(": note: "))
    .join("\n")
}

const report = async (step, running) => {
  const label = `[${steps.indexOf(step) + 1}/${steps.length}] ${step.name} …`
  process.stdout.write(step.live ? `${label}\n` : `${label} `)
  const result = await running
  if (!result.ok) failed.push(step.name)
  process.stdout.write(
    `${step.live ? `${label} ` : ""}${result.ok ? "ok" : "FAILED"} ${seconds(result.seconds * 1000)}\n`
  )
  const shown = worthShowing(step, result)
  if (shown !== "") console.log(indented(shown))
}

for (const row of rows) {
  const running = row.map(start)
  for (const [index, step] of row.entries()) await report(step, running[index])
}

const total = { passed: 0, failed: 0, skipped: 0 }
for (const { counts } of steps.filter((step) => step.counts !== undefined)) {
  for (const [key, count] of Object.entries(readCounts(counts))) total[key] += count
}
// A step that fails without a failed test (types, a crash, …) counts as one: the last line must never look like success.
total.failed += steps.filter(
  (step) => failed.includes(step.name) && (step.counts === undefined || readCounts(step.counts).failed === 0)
).length

console.log(`\n${seconds(performance.now())} in all${failed.length > 0 ? `; failed: ${failed.join(", ")}` : ""}`)
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`)
process.exitCode = failed.length > 0 ? 1 : 0
