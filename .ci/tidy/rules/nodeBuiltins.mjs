// Node's own modules stay in the one package that is about Node, and in the apps.
const rule = "node-builtins"

export const nodeBuiltins = (source) => {
  if (source.isTest || source.isApp || source.member === "packages/node") return []
  return source.imports
    .filter(({ specifier }) => specifier.startsWith("node:"))
    .map(({ specifier, line }) => {
      const message = `"${specifier}" is not allowed here; node:* may be imported by packages/node/src, apps and tests only`
      return { path: source.path, line, rule, message }
    })
}
