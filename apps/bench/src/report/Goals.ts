/**
 * What the benchmark must show, and whether it did.
 */
import type { Measurement, Result, RowId } from "../servers/Result.ts"
import { type By, type Comparison, compare, compareBy } from "./Comparison.ts"
import {
  connectionBytes,
  exitMillis,
  type Figure,
  failed,
  find,
  idleBytes,
  lost,
  owed,
  p99,
  resets,
  total,
  values,
  worst
} from "./Measurements.ts"
import { drainRows, throughputRows } from "./Rows.ts"
import { median } from "./Statistics.ts"

export type Bound = { readonly atLeast: number } | { readonly atMost: number }

export type GoalUnit = "ratio" | "MiB" | "ms" | "count"

export interface Measured {
  readonly value: number
  /** Of a ratio of speeds: what was compared. */
  readonly by?: By
  /** Of a count: what it is out of. */
  readonly outOf?: number
}

export interface Goal {
  /** Stays the same from one version to the next. */
  readonly id: string
  readonly row: RowId
  readonly what: string
  readonly unit: GoalUnit
  readonly bound: Bound
  readonly measure: (result: Result) => Measured | undefined
}

export type Outcome = "met" | "missed" | "not measured"

export interface Verdict {
  readonly goal: Goal
  readonly outcome: Outcome
  readonly measured?: Measured
}

const ours = "tidegate"

const ofComparison = (comparison: Comparison | undefined): Measured | undefined =>
  comparison === undefined ? undefined : { value: comparison.median, by: comparison.by }

const ofValue = (value: number | undefined): Measured | undefined => (value === undefined ? undefined : { value })

const faster = (result: Result, row: RowId, server: string, against: string): Measured | undefined =>
  ofComparison(compare(find(result, row, { server }), find(result, row, { server: against })))

const timesRaw = (result: Result, row: RowId, figure: Figure): Measured | undefined =>
  ofValue(compareBy(find(result, row, { server: ours }), find(result, row, { server: "raw" }), figure)?.median)

const throughput = (row: RowId, against: string, atLeast: number): Goal => ({
  id: `${row}-throughput-to-${against}`,
  row,
  what: `throughput to ${against}'s`,
  unit: "ratio",
  bound: { atLeast },
  measure: (result) => faster(result, row, ours, against)
})

const toRaw: Readonly<Record<(typeof throughputRows)[number], number>> = {
  "small-1": 1.1,
  "small-32": 1.2,
  "kib-8": 1.4,
  stream: 1.1,
  churn: 0.95
}

const ofMeasurement = (row: RowId, measure: (measurement: Measurement) => Measured | undefined): Goal["measure"] => {
  return (result) => {
    const measurement = find(result, row, { server: ours })
    return measurement === undefined ? undefined : measure(measurement)
  }
}

const count = (measurement: Measurement, figure: Figure): Measured | undefined => {
  const value = total(measurement, figure)
  const outOf = total(measurement, owed)
  return value === undefined ? undefined : outOf === undefined ? { value } : { value, outOf }
}

const none = (row: RowId, name: string, what: string, figure: Figure): Goal => ({
  id: `${row}-${name}`,
  row,
  what,
  unit: "count",
  bound: { atMost: 0 },
  measure: ofMeasurement(row, (measurement) => count(measurement, figure))
})

const drain = (row: RowId): ReadonlyArray<Goal> => [
  none(row, "lost", "replies lost", lost),
  none(row, "resets", "connections reset", resets),
  {
    id: `${row}-exit`,
    row,
    what: "from the last reply to the exit, worst round",
    unit: "ms",
    bound: { atMost: 50 },
    measure: ofMeasurement(row, (measurement) => ofValue(worst(measurement, exitMillis)))
  }
]

const ofIdle: ReadonlyArray<Goal> = [
  {
    id: "idle-connection-to-raw",
    row: "idle",
    what: "memory of a connection to raw's",
    unit: "ratio",
    bound: { atMost: 1.35 },
    measure: (result) => timesRaw(result, "idle", connectionBytes)
  },
  {
    id: "idle-process",
    row: "idle",
    what: "memory of the process without connections",
    unit: "MiB",
    bound: { atMost: 80 },
    measure: ofMeasurement("idle", (measurement) => {
      const bytes = median(values(measurement, idleBytes))
      return ofValue(bytes === undefined ? undefined : bytes / 1_048_576)
    })
  }
]

const ofLatency: Goal = {
  id: "small-1-p99-to-raw",
  row: "small-1",
  what: "p99 latency to raw's",
  unit: "ratio",
  bound: { atMost: 1.2 },
  measure: (result) => timesRaw(result, "small-1", p99)
}

const ofHandler: Goal = {
  id: "handlers-fnUntraced-to-raw",
  row: "handlers",
  what: "throughput of fnUntraced to raw's",
  unit: "ratio",
  bound: { atLeast: 0.65 },
  measure: (result) => faster(result, "handlers", "fnUntraced", "raw")
}

const restarting = (result: Result): Measurement | undefined =>
  find(result, "restarts", { server: ours, variant: "restarting" })

const ofRestarts: ReadonlyArray<Goal> = [
  {
    id: "restarts-failed",
    row: "restarts",
    what: "connections and messages failed",
    unit: "count",
    bound: { atMost: 0 },
    measure: (result) => {
      const measurement = restarting(result)
      return measurement === undefined ? undefined : count(measurement, failed)
    }
  },
  {
    id: "restarts-throughput-to-plain",
    row: "restarts",
    what: "throughput to that without restarts",
    unit: "ratio",
    bound: { atLeast: 0.9 },
    measure: (result) =>
      ofComparison(compare(restarting(result), find(result, "restarts", { server: ours, variant: "plain" })))
  }
]

export const goals: ReadonlyArray<Goal> = [
  ...throughputRows.map((row) => throughput(row, "raw", toRaw[row])),
  ...throughputRows.map((row) => throughput(row, "socket-server", row === "kib-8" ? 1.2 : 1.5)),
  ofLatency,
  ...ofIdle,
  ofHandler,
  ...drainRows.flatMap(drain),
  ...ofRestarts
]

const holds = ({ bound }: Goal, { outOf, value }: Measured): boolean =>
  // Nothing lost where nothing was owed shows nothing.
  outOf !== 0 && ("atLeast" in bound ? value >= bound.atLeast : value <= bound.atMost)

const verdict = (goal: Goal, result: Result): Verdict => {
  const measured = goal.measure(result)
  if (measured === undefined) return { goal, outcome: "not measured" }
  return { goal, outcome: holds(goal, measured) ? "met" : "missed", measured }
}

/** One for each goal, in the order of `goals`. A row that was left out is not measured, and no failure. */
export const judge = (result: Result): ReadonlyArray<Verdict> => goals.map((goal) => verdict(goal, result))

/** Of the process: whether a goal was missed. */
export const exitCode = (verdicts: ReadonlyArray<Verdict>): 0 | 1 =>
  verdicts.some(({ outcome }) => outcome === "missed") ? 1 : 0
