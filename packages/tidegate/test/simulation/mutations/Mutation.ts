/**
 * A defect put into the server: the text of its sources, changed in a few places while it is loaded. Nothing is written to disk.
 */
import { readFileSync } from "node:fs"
import type { PropertyName } from "../Invariants.ts"

/** One place of one file of `packages/tidegate/src`; `find` stands there exactly once. */
export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface Mutation {
  readonly name: string
  /** What somebody might have written, and what comes of it, in one sentence. */
  readonly defect: string
  /** One of them has to be found broken. */
  readonly invariants: ReadonlyArray<string>
  readonly edits: ReadonlyArray<Edit>
  /** The property that has to find it; the first one of the first invariant where none is named. */
  readonly property?: PropertyName | undefined
  /** What has killed it once, below `test/simulation`, for one that is seldom met: tried before anything is searched. */
  readonly fixture?: string | undefined
}

const sources = new URL("../../../src/", import.meta.url).href

/** The text with every edit made; throws where an edit does not fit, so that no mutation outlives the code that it changes. */
export const mutate = (name: string, file: string, text: string, edits: ReadonlyArray<Edit>): string =>
  edits.reduce((changed, { find, replace }) => {
    const parts = changed.split(find)
    if (parts.length === 2) return parts.join(replace)
    throw new Error(`mutation "${name}" does not fit ${file}: found ${parts.length - 1} times, has to be once: ${find}`)
  }, text)

/** The changed text of every file that the mutation touches. */
export const mutatedFiles = ({ edits, name }: Mutation): ReadonlyMap<string, string> => {
  const changed = new Map<string, string>()
  for (const file of new Set(edits.map((edit) => edit.file))) {
    const text = readFileSync(new URL(file, sources), "utf8")
    const own = edits.filter((edit) => edit.file === file)
    changed.set(new URL(file, sources).href, mutate(name, file, text, own))
  }
  return changed
}
