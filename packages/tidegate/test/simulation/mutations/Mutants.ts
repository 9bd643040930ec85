/**
 * Mutated servers in one process, each beside the others.
 *
 * Only what leads to a changed file is loaded anew, under an address of its own. Everything else is shared: loading and warming up the
 * simulator for each mutation would take six times as long as the searches themselves.
 */
import { readFileSync } from "node:fs"
import { registerHooks, stripTypeScriptTypes } from "node:module"
import { type Mutation, mutatedFiles } from "./Mutation.ts"

type Search = typeof import("./Search.ts")
type Properties = typeof import("./searchedProperties.ts")
export type Mutant = Pick<Search, "search"> & Pick<Properties, "reducedTo" | "whole">

const packages = new URL("../../../../", import.meta.url).href
const [search, properties] = ["Search.ts", "searchedProperties.ts"].map(
  (file) => new URL(file, import.meta.url).href
) as [string, string]
const marker = "?mutant="

/** Of every file the ones that import it, as the server as it is was loaded. */
const importers = new Map<string, Set<string>>()
const javascript = new Map<string, string>()
let changed: ReadonlyMap<string, string> = new Map()
let anew: ReadonlySet<string> = new Set()
let loaded = 0

registerHooks({
  resolve: (specifier, context, nextResolve) => {
    const resolved = nextResolve(specifier, context)
    const { url } = resolved
    if (!url.startsWith(packages) || url.includes("/node_modules/") || url.includes(marker)) return resolved
    const [importer = "", mutant] = (context.parentURL ?? "").split(marker)
    importersOf(url).add(importer)
    return mutant !== undefined && anew.has(url) ? { ...resolved, url: `${url}${marker}${mutant}` } : resolved
  },
  load: (url, context, nextLoad) => {
    const [file = url, mutant] = url.split(marker)
    return mutant === undefined
      ? nextLoad(url, context)
      : { format: "module", source: javascriptOf(file), shortCircuit: true }
  }
})

/** What searches a mutated server; one at a time. */
export const load = async (mutation: Mutation): Promise<Mutant> => {
  // First of all the server as it is: by its imports one sees what leads to a file.
  const [{ search }, { reducedTo, whole }] = await importBoth("")
  if (mutation.edits.length === 0) return { search, reducedTo, whole }
  changed = mutatedFiles(mutation)
  anew = leadingTo(changed.keys())
  if (!anew.has(properties)) throw new Error(`mutation "${mutation.name}" changes nothing that is ever loaded`)
  const [mutatedSearch, mutatedProperties] = await importBoth(`${marker}${++loaded}`)
  return { ...mutatedSearch, ...mutatedProperties }
}

const importBoth = async (mark: string): Promise<[Search, Properties]> => {
  const addressOf = (file: string): string => (anew.has(file) ? `${file}${mark}` : file)
  // What is imported by a computed address has no type.
  return [(await import(addressOf(search))) as Search, (await import(addressOf(properties))) as Properties]
}

const importersOf = (file: string): Set<string> => {
  const known = importers.get(file)
  if (known !== undefined) return known
  const none = new Set<string>()
  importers.set(file, none)
  return none
}

/** Grows while it is walked through. */
const leadingTo = (files: Iterable<string>): ReadonlySet<string> => {
  const found = new Set(files)
  for (const file of found) for (const importer of importersOf(file)) found.add(importer)
  return found
}

const javascriptOf = (file: string): string => {
  const text = changed.get(file)
  if (text !== undefined) return stripTypeScriptTypes(text)
  const known = javascript.get(file) ?? stripTypeScriptTypes(readFileSync(new URL(file), "utf8"))
  javascript.set(file, known)
  return known
}
