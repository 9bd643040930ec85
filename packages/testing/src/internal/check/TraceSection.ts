/**
 * The part of a trace that a person needs, with what is to be said beside it.
 *
 * @since 0.1.0
 */
import { format, type Trace } from "../../Trace.ts"
import type { Remark } from "../simulation/Watch.ts"

/** Entries of the trace that are shown. */
const shown = 30

/** In the columns of an entry. */
const lineOf = ({ at, text }: Remark): string => `${at} ms  ${"order".padEnd(7)}  ${text}`

/** The entries from one index up to another and, where they belong, the remarks of that time. */
const linesOf = (
  { entries }: Trace,
  remarks: ReadonlyArray<Remark>,
  first: number,
  last: number,
  marked?: number
): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (let index = first; index <= last; index++) {
    for (const remark of remarks) if (remark.index === index) lines.push(`  ${lineOf(remark)}`)
    const entry = index < last ? entries[index] : undefined
    if (entry !== undefined) lines.push(`${index === marked ? "> " : "  "}${format(entry)}`)
  }
  return lines
}

/** What was seen last, or what is around the entry at which it was seen, under a title. */
export const traceSection = (trace: Trace, remarks: ReadonlyArray<Remark>, entry: number | undefined): string => {
  const { length } = trace.entries
  if (length === 0 && remarks.length === 0) return "trace\n  nothing is in it"
  if (entry === undefined) {
    const first = Math.max(0, length - shown)
    const before = first > 0 ? [`  … ${first} before`] : []
    return ["trace, its end", ...before, ...linesOf(trace, remarks, first, length)].join("\n")
  }
  const first = Math.max(0, entry - shown / 2)
  const lines = linesOf(trace, remarks, first, Math.min(length, entry + shown / 2 + 1), entry)
  return [`trace, around entry ${entry} of ${length}`, ...lines.map((line) => `  ${line}`)].join("\n")
}
