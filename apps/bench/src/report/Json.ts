/**
 * A result as JSON, for programs that watch it from one run to the next.
 */
import type { Machine, Measurement, Result, RowId, Subject } from "../servers/Result.ts"
import { type By, compare } from "./Comparison.ts"
import { type Bound, exitCode, type GoalUnit, judge, type Outcome } from "./Goals.ts"
import { find } from "./Measurements.ts"

/** A server beside another one of the same row: how many times as fast it was. */
export interface ComparisonRecord extends Subject {
  readonly row: RowId
  readonly against: Subject
  /** The median, the least and the most of the rounds' ratios. */
  readonly ratio: number
  readonly least: number
  readonly most: number
  readonly by: By
}

export interface GoalRecord {
  readonly id: string
  readonly row: RowId
  readonly what: string
  readonly unit: GoalUnit
  readonly bound: Bound
  readonly outcome: Outcome
  /** Missing where it was not measured. */
  readonly value?: number
  readonly by?: By
  readonly outOf?: number
}

/**
 * What `--json` writes.
 *
 * **Shapes**: keys are added without a new version, and removed or given another meaning only with one. Sizes are bytes, times what
 * their names say, shares between 0 and 1 of a core; `null` stands for a number that is not finite. What a row does not measure is
 * missing.
 */
export interface Document {
  readonly version: 1
  /** As in ISO 8601. */
  readonly date: string
  readonly quick: boolean
  readonly machine: Machine
  /** Equal indices of `samples` were measured side by side. */
  readonly measurements: ReadonlyArray<Measurement>
  readonly comparisons: ReadonlyArray<ComparisonRecord>
  readonly goals: ReadonlyArray<GoalRecord>
  /** False if a goal was missed. */
  readonly ok: boolean
}

const subject = ({ server, variant }: Subject): Subject => (variant === undefined ? { server } : { server, variant })

const opponents = ({ server, variant }: Measurement): ReadonlyArray<Subject> => [
  ...["raw", "raw-concat", "socket-server"].map((name) =>
    variant === undefined ? { server: name } : { server: name, variant }
  ),
  ...(variant === "restarting" ? [{ server, variant: "plain" }] : [])
]

const comparisons = (result: Result, measurement: Measurement): ReadonlyArray<ComparisonRecord> =>
  opponents(measurement).flatMap((against) => {
    const other = find(result, measurement.row, against)
    const compared = other === measurement ? undefined : compare(measurement, other)
    if (compared === undefined) return []
    const { by, least, median, most } = compared
    return [{ row: measurement.row, ...subject(measurement), against, ratio: median, least, most, by }]
  })

export const document = (result: Result): Document => {
  const verdicts = judge(result)
  return {
    version: 1,
    date: result.date,
    quick: result.quick,
    machine: result.machine,
    measurements: result.measurements,
    comparisons: result.measurements.flatMap((measurement) => comparisons(result, measurement)),
    goals: verdicts.map(({ goal: { bound, id, row, unit, what }, measured, outcome }) => ({
      id,
      row,
      what,
      unit,
      bound,
      outcome,
      ...measured
    })),
    ok: exitCode(verdicts) === 0
  }
}

/** One line for each key, with a line end: a file. */
export const serialise = (result: Result): string => `${JSON.stringify(document(result), undefined, 2)}\n`
