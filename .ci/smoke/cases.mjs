// The smoke tests: each gives the text of what is wrong, or nothing.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { run } from "../child.mjs"
import { bin, root } from "../workspace.mjs"
import { entriesOf } from "./entries.mjs"

const outputUnlessOk = (result) => (result.ok ? undefined : result.output)

const packed = (consumer, name) => {
  const folder = join(consumer, "node_modules", name)
  const missing = ["README.md", "LICENSE", "dist/index.js", "dist/index.d.ts"].filter(
    (file) => !existsSync(join(folder, file))
  )
  if (missing.length > 0) return `not in the tarball: ${missing.join(", ")}`
  const manifest = readFileSync(join(folder, "package.json"), "utf8")
  return /"(workspace|catalog):/.test(manifest)
    ? `package.json still has workspace: or catalog: versions:\n${manifest}`
    : undefined
}

const imports = async (consumer, name) => {
  const entries = [...entriesOf(consumer, name), `${name}/package.json`]
  const lines = entries.map((entry) =>
    entry.endsWith(".json")
      ? `await import(${JSON.stringify(entry)}, { with: { type: "json" } })`
      : `if (Object.keys(await import(${JSON.stringify(entry)})).length === 0 && ${entry === name}) throw new Error("${entry} exports nothing")`
  )
  const program = join(consumer, `${name.replaceAll(/\W/g, "-")}.mjs`)
  writeFileSync(program, lines.join("\n"))
  return outputUnlessOk(await run(process.execPath, [program], { cwd: consumer, timeout: 30 }))
}

const declarations = async (consumer, names) => {
  const entries = names.flatMap((name) => entriesOf(consumer, name))
  const lines = entries.map((entry, index) => `export * as module${index} from ${JSON.stringify(entry)}`)
  writeFileSync(join(consumer, "consumer.ts"), lines.join("\n"))
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: "ES2024",
    module: "NodeNext",
    types: ["node"],
    skipLibCheck: false
  }
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }))
  return outputUnlessOk(await run(bin("tsc"), ["--project", consumer, "--pretty", "false"], { cwd: consumer }))
}

const program = async (consumer, file) => {
  copyFileSync(join(root, ".ci/smoke", file), join(consumer, file))
  return outputUnlessOk(await run(process.execPath, [file], { cwd: consumer, timeout: 30 }))
}

export const cases = (consumer, names) => [
  ...names.map((name) => ({ title: `${name} is packed whole`, check: () => packed(consumer, name) })),
  ...names.map((name) => ({ title: `${name} can be imported from JavaScript`, check: () => imports(consumer, name) })),
  { title: "the declarations type check", check: () => declarations(consumer, names) },
  ...["echo.mjs"]
    .filter((file) => existsSync(join(root, ".ci/smoke", file)))
    .map((file) => ({ title: `${file} runs on the tarballs`, check: () => program(consumer, file) }))
]
