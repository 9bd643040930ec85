// Files that import each other at run time have no order in which to be read, or to be loaded.
import { posix } from "node:path"

const rule = "import-cycles"

const edgesOf = (sources) => {
  const paths = new Set(sources.map((source) => source.path))
  return new Map(
    sources.map((source) => {
      const targets = source.imports
        .filter(({ specifier, typeOnly }) => !typeOnly && specifier.startsWith("."))
        .map(({ specifier, line }) => ({ to: posix.join(posix.dirname(source.path), specifier), line }))
      return [source.path, targets.filter(({ to }) => paths.has(to))]
    })
  )
}

/** The shortest way from `start` back to itself, as `[{ to, line }, …]`, or undefined. */
const shortestCycle = (edges, start) => {
  const ways = [[{ to: start }]]
  const seen = new Set()
  for (const way of ways) {
    for (const edge of edges.get(way.at(-1).to)) {
      if (edge.to === start) return [...way.slice(1), edge]
      if (!seen.has(edge.to)) ways.push([...way, edge])
      seen.add(edge.to)
    }
  }
  return undefined
}

/** Looks at all files at once and reports each cycle once, at its first file. */
export const importCycles = (all) => {
  const sources = all.filter((source) => !source.isTest)
  const edges = edgesOf(sources)
  const reported = new Set()
  return sources.flatMap(({ path }) => {
    const cycle = reported.has(path) ? undefined : shortestCycle(edges, path)
    if (cycle === undefined) return []
    for (const { to } of cycle) reported.add(to)
    const way = [path, ...cycle.map(({ to }) => to)].map((file) => posix.basename(file)).join(" → ")
    return [{ path, line: cycle[0].line, rule, message: `${way}; only \`import type\` may go round in a circle` }]
  })
}
