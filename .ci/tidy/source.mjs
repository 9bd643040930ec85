// A source file as the rules see it: where it lives, its syntax tree, what it imports. The parser is the one that vitest runs on.
import { readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { parseAst } from "vitest/node"
import { members, root, typescriptFilesIn } from "../workspace.mjs"

/** Calls `visit(node, parent, key)` for every node below `node`. */
export const walk = (node, visit) => {
  for (const [key, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type !== "string") continue
      visit(child, node, key)
      walk(child, visit)
    }
  }
}

const lineCounter = (text) => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1
}

const isTypeOnly = (node) => node.importKind === "type" || node.exportKind === "type"

// `import { type A } from "./B.ts"` still loads B: with verbatimModuleSyntax only `import type` disappears.
const importsOf = (ast, lineOf) => {
  const found = []
  const add = (node, source, typeOnly) =>
    found.push({ specifier: source.value, typeOnly, line: lineOf(node.start), names: namesOf(node) })
  const namesOf = (node) => (node.specifiers ?? []).map((specifier) => (specifier.imported ?? specifier.local)?.name)
  walk(ast, (node) => {
    const source = node.source ?? node.argument
    if (typeof source?.value !== "string") return
    if (/^(Import|Export(Named|All))Declaration$/.test(node.type)) add(node, source, isTypeOnly(node))
    if (node.type === "ImportExpression") add(node, source, false)
    if (node.type === "TSImportType") add(node, source, true)
  })
  return found
}

/** `path` is relative to the root: `packages/codec/src/Line.ts`. */
export const makeSource = (path, text) => {
  const [folder, name, part, ...rest] = path.split("/")
  const ast = parseAst(text, { lang: "ts", sourceType: "module" })
  const lineOf = lineCounter(text)
  return {
    path,
    text,
    ast,
    lineOf,
    imports: importsOf(ast, lineOf),
    /** `packages/codec`, `apps/echo` */
    member: `${folder}/${name}`,
    isApp: folder === "apps",
    isTest: part !== "src",
    /** Path inside src or test: `effect/Channel.ts` */
    inner: rest.join("/"),
    fileName: basename(path)
  }
}

/** All source and test files, and the findings that stand in place of those that cannot be parsed. */
export const readSources = () => {
  const sources = []
  const unreadable = []
  for (const path of members().flatMap((member) => [
    ...typescriptFilesIn(`${member}/src`),
    ...typescriptFilesIn(`${member}/test`)
  ])) {
    try {
      sources.push(makeSource(path, readFileSync(join(root, path), "utf8")))
    } catch (error) {
      unreadable.push({ path, line: 1, rule: "syntax", message: String(error.message).trim().split("\n")[0] })
    }
  }
  return { sources, unreadable }
}
