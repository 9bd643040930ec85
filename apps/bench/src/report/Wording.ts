/**
 * Figures as they are read.
 */
import { number } from "../Table.ts"
import type { By } from "./Comparison.ts"
import type { Bound, Goal, GoalUnit, Measured } from "./Goals.ts"
import type { Spread } from "./Statistics.ts"

/** Behind a ratio that is of processor times; a legend explains it. */
export const mark = "*"

export const markMeans = `${mark}: a load generator was at its ceiling, so the ratio is that of the servers' processor times`

/** What the headings of the tables mean. */
export const legend: ReadonlyArray<string> = [
  "rounds: the least and the most of them; everything else is the median of the rounds",
  "× raw, × concat: as many times as fast as raw node:net with a write for each line, with a write for each chunk",
  "CPU µs: the server's own processor time for one message, connection or MB",
  "busy, gen.: how much of a core the server and the busiest load generator took",
  "ceiling: what the load generators could ask for if they were busy all the time",
  "KiB each: what the process grew by when the second half of the connections came, for each of them",
  "exit ms: from the last reply to the end of the process, in the worst round"
]

export const ratio = (value: number, by: By = "throughput"): string =>
  `${value.toFixed(2)}${by === "processor time" ? mark : ""}`

/** What lay between the rounds; of one round nothing. */
export const between = (range: Spread, format: (value: number) => string): string =>
  range.least === range.most ? "" : `${format(range.least)}–${format(range.most)}`

export const outOf = (count: number, all: number | undefined): string =>
  all === undefined ? number(count) : `${number(count)} of ${number(all)}`

const decimals: Readonly<Record<GoalUnit, number>> = { ratio: 2, MiB: 1, ms: 1, count: 0 }

const suffix: Readonly<Record<GoalUnit, string>> = { ratio: "", MiB: " MiB", ms: " ms", count: "" }

const within = (bound: Bound, value: number): boolean =>
  "atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost

/** Rounded, but never to the other side of the bound: 1.0996 is less than 1.10 and must not look like it. */
const beside = (bound: Bound, value: number, digits: number): string => {
  const rounded = Number(value.toFixed(digits))
  if (within(bound, value) || !within(bound, rounded)) return rounded.toFixed(digits)
  return (rounded + ("atLeast" in bound ? -1 : 1) * 10 ** -digits).toFixed(digits)
}

/** `≥ 1.10`, `≤ 80 MiB`, `0` */
export const asked = ({ bound, unit }: Goal): string => {
  if ("atLeast" in bound) return `≥ ${bound.atLeast.toFixed(decimals[unit])}${suffix[unit]}`
  if (unit === "count") return String(bound.atMost)
  return `≤ ${unit === "ratio" ? bound.atMost.toFixed(2) : bound.atMost}${suffix[unit]}`
}

/** `1.13`, `61.3 MiB`, `0 of 2,048` */
export const found = ({ bound, unit }: Goal, measured: Measured | undefined): string => {
  if (measured === undefined) return ""
  if (unit === "count") return outOf(measured.value, measured.outOf)
  const marked = measured.by === "processor time" ? mark : ""
  return `${beside(bound, measured.value, decimals[unit])}${suffix[unit]}${marked}`
}
