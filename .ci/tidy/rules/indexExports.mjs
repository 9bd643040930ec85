// index.ts is the public surface and nothing else.
const rule = "index-exports"

const isReExport = (node) =>
  node.type === "ExportAllDeclaration" || (node.type === "ExportNamedDeclaration" && node.source !== null)

export const indexExports = (source) => {
  if (source.isTest || source.isApp || source.inner !== "index.ts") return []
  return source.ast.body
    .filter((node) => !isReExport(node))
    .map((node) => {
      const message = 'only `export … from "./File.ts"` is allowed in index.ts; move the code into a file of its own'
      return { path: source.path, line: source.lineOf(node.start), rule, message }
    })
}
