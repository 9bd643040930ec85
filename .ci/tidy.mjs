// Checks what compilers and linters do not know: who may import whom, what the core may touch, how big a file may grow.
import { findings } from "./tidy/findings.mjs"
import { readSources } from "./tidy/source.mjs"

const { sources, unreadable } = readSources()
const found = [...unreadable, ...findings(sources)]
const errors = found.filter((finding) => !finding.note)

for (const { path, line, rule, message, note } of found)
  console.log(`${path}:${line}: ${note ? "note: " : ""}${rule}: ${message}`)
console.log(`${sources.length} files, ${errors.length} errors`)
process.exitCode = errors.length > 0 ? 1 : 0
