// Arrows only point down: apps → node, testing → tidegate → codec.
import { posix } from "node:path"

const rule = "import-direction"
const effect = "effect"
const platform = "@effect/platform-node"

const srcMayImport = {
  "packages/codec": [],
  "packages/tidegate": [effect, "@tidegate/codec"],
  "packages/testing": [effect, "@tidegate/codec", "tidegate"],
  "packages/node": [effect, platform, "@tidegate/codec", "tidegate"]
}
const appsMayImport = [effect, platform, "@tidegate/codec", "tidegate", "@tidegate/node"]
const alsoMayImport = { "apps/bench": ["mitata"] }
const ownName = {
  "packages/codec": "@tidegate/codec",
  "packages/tidegate": "tidegate",
  "packages/testing": "@tidegate/testing",
  "packages/node": "@tidegate/node"
}
// One suite, two transports: written in tidegate and testing, run by node's tests on real sockets.
const sharedTests = { "packages/node": ["packages/tidegate/test/", "packages/testing/test/"] }

const allowedFor = (source) => {
  if (!source.isTest && source.member === "packages/codec" && source.inner.startsWith("effect/")) return [effect]
  const below = [
    ...(source.isApp ? appsMayImport : (srcMayImport[source.member] ?? [])),
    ...(alsoMayImport[source.member] ?? [])
  ]
  if (!source.isTest) return below
  const own = source.member in ownName ? [ownName[source.member]] : []
  return [...new Set([effect, "@effect/vitest", "vitest", "@tidegate/testing", ...own, ...below])]
}

const packageOf = (specifier) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

const leaves = (source, specifier) => {
  const target = posix.join(posix.dirname(source.path), specifier)
  const shared = source.isTest ? sharedTests[source.member] : undefined
  if (shared?.some((folder) => target.startsWith(folder))) return false
  return !target.startsWith(source.isTest ? `${source.member}/` : `${source.member}/src/`)
}

export const importDirection = (source) =>
  source.imports.flatMap(({ specifier, line }) => {
    const error = (message) => [{ path: source.path, line, rule, message }]
    if (specifier.startsWith(".")) {
      if (!leaves(source, specifier)) return []
      return error(
        `"${specifier}" leaves ${source.isTest ? source.member : `${source.member}/src`}; import other packages by name`
      )
    }
    if (specifier.startsWith("node:")) return []
    const allowed = allowedFor(source)
    if (allowed.includes(packageOf(specifier))) return []
    const may = allowed.length === 0 ? "nothing but its own files" : allowed.join(", ")
    return error(
      `"${specifier}" is not allowed here; ${source.member}/${source.isTest ? "test" : "src"} may import ${may}`
    )
  })
