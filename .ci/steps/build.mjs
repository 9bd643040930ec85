// Emits dist/ (JavaScript, declarations, maps) of every package from scratch: a file whose source is gone must not be packed.
import { rmSync } from "node:fs"
import { join } from "node:path"
import { run } from "../child.mjs"
import { bin, packages, root, typescriptFilesIn } from "../workspace.mjs"

const built = packages().filter((name) => typescriptFilesIn(`${name}/src`).length > 0)
for (const name of built) rmSync(join(root, name, "dist"), { recursive: true, force: true })

const result = await run(bin("tsc"), [
  "--build",
  ...built.map((name) => `${name}/tsconfig.build.json`),
  "--pretty",
  "false"
])
if (!result.ok) console.log(result.output.trimEnd())
process.exitCode = result.ok ? 0 : 1
