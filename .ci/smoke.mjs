// What a user gets: packs the packages, installs the tarballs into an empty folder and uses them from there. Needs the build.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { smokeCountsFile } from "./counts.mjs"
import { cases } from "./smoke/cases.mjs"
import { installPacked } from "./smoke/install.mjs"

const indented = (text) => text.trimEnd().replaceAll(/^/gm, "    ")
const consumer = realpathSync(mkdtempSync(join(tmpdir(), "tidegate-smoke-")))
// Also when a signal ends this process: child.mjs exits from its handler.
process.on("exit", () => rmSync(consumer, { recursive: true, force: true }))

const attempt = async (title, check) => {
  const wrong = await Promise.resolve()
    .then(check)
    .catch((error) => error.message)
  console.log(wrong === undefined ? `ok ${title}` : `FAILED ${title}\n${indented(wrong)}`)
  return wrong === undefined
}

const counts = { passed: 0, failed: 0, skipped: 0 }
const count = (ok) => {
  counts[ok ? "passed" : "failed"] += 1
}

let names = []
const installed = await attempt("the tarballs can be packed and installed", async () => {
  names = await installPacked(consumer)
})
count(installed)
if (installed) {
  for (const { title, check } of cases(consumer, names)) count(await attempt(title, check))
}

mkdirSync(dirname(smokeCountsFile), { recursive: true })
writeFileSync(smokeCountsFile, JSON.stringify(counts))
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed > 0 ? 1 : 0
