// Type checks every package and app, tests included.
import { inParallel, run } from "../child.mjs"
import { bin, membersWithCode } from "../workspace.mjs"

const results = await inParallel(membersWithCode(), 2, (member) =>
  run(bin("tsc"), ["--project", `${member}/tsconfig.json`, "--pretty", "false"])
)

// A mistake in a package is reported once more by each package that imports it.
const lines = new Set(results.filter((result) => !result.ok).flatMap((result) => result.output.trimEnd().split("\n")))
if (lines.size > 0) console.log([...lines].join("\n"))
process.exitCode = results.every((result) => result.ok) ? 0 : 1
