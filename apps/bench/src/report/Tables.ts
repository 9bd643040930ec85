/**
 * The tables of a result, as cells: the terminal and the file write the same ones.
 */
import type { Measurement, Result, RowId } from "../servers/Result.ts"
import type { Row } from "../Table.ts"
import * as Column from "./Columns.ts"
import type { Verdict } from "./Goals.ts"
import { drainRows, rowTexts, throughputRows, type Unit } from "./Rows.ts"
import { asked, found } from "./Wording.ts"

export interface Cells {
  readonly header: Row
  readonly lines: ReadonlyArray<Row>
  /** How many columns, the first ones, are of words. */
  readonly left: number
}

export interface RowTable extends Cells {
  readonly title: string
  readonly rows: ReadonlyArray<RowId>
}

const busy = [Column.processorTime, Column.server, Column.generator, Column.generatorCeiling]

const speeds = (first: Column.Column): ReadonlyArray<Column.Column> => [
  first,
  Column.throughput,
  Column.rounds,
  Column.fasterThan("raw", "× raw"),
  Column.fasterThan("raw-concat", "× concat"),
  ...busy,
  Column.failures,
  ...Column.latencies
]

interface Plan {
  readonly title: string
  readonly rows: ReadonlyArray<RowId>
  readonly columns: ReadonlyArray<Column.Column>
}

const ofRow = (row: RowId, columns: ReadonlyArray<Column.Column>): Plan => ({
  title: rowTexts[row].title,
  rows: [row],
  columns
})

const plans: ReadonlyArray<Plan> = [
  ...throughputRows.map((row) => ofRow(row, speeds(Column.serverAs("server")))),
  ofRow("idle", [
    Column.serverAs("server"),
    Column.idleConnections,
    Column.processMemory,
    Column.connectionMemory,
    Column.memoryToRaw
  ]),
  ofRow("handlers", speeds(Column.serverAs("handler"))),
  ofRow("connections", [
    Column.variantAs("connections"),
    Column.serverAs("server"),
    Column.throughput,
    Column.rounds,
    Column.fasterThan("raw", "× raw"),
    ...busy
  ]),
  ofRow("fairness", [
    Column.variantAs("quiet client"),
    Column.serverAs("server"),
    ...Column.latencies,
    Column.latencyToAlone
  ]),
  {
    title: "Drains: what became of the replies that were owed when the signal came",
    rows: drainRows,
    columns: [
      Column.drainOf,
      Column.serverAs("server"),
      Column.repliesOwed,
      Column.repliesLost,
      Column.connectionsReset,
      Column.exit
    ]
  },
  ofRow("restarts", [
    Column.serverAs("server"),
    Column.variantAs("case"),
    Column.tried,
    Column.failures,
    Column.throughput,
    Column.rounds,
    Column.fasterThanCase("plain", "× plain"),
    ...busy
  ])
]

/** The cases of a row one after the other, in each the servers in the order they were measured in. */
const byCase = (measurements: ReadonlyArray<Measurement>): ReadonlyArray<Measurement> => {
  const cases = [...new Set(measurements.map(({ variant }) => variant))]
  return cases.flatMap((variant) => measurements.filter((measurement) => measurement.variant === variant))
}

const unitOf = (rows: ReadonlyArray<RowId>): Unit => rowTexts[rows[0] ?? "small-1"].unit

const tableOf = ({ columns, rows, title }: Plan, result: Result): RowTable | undefined => {
  const measured = rows.flatMap((row) => byCase(result.measurements.filter((measurement) => measurement.row === row)))
  if (measured.length === 0) return undefined
  // A column that no server has anything to say in is left out.
  const filled = columns.filter((column) => column.words || measured.some((one) => column.cell(one, result) !== ""))
  return {
    title,
    rows,
    header: filled.map((column) => column.heading(unitOf(rows))),
    lines: measured.map((measurement) => filled.map((column) => column.cell(measurement, result))),
    left: filled.filter((column) => column.words).length
  }
}

/** One for each row that was measured, the drains in one. */
export const tables = (result: Result): ReadonlyArray<RowTable> =>
  plans.map((plan) => tableOf(plan, result)).filter((table) => table !== undefined)

export const goalTable = (verdicts: ReadonlyArray<Verdict>): Cells => ({
  header: ["row", "goal", "asked", "measured", "outcome"],
  lines: verdicts.map(({ goal, measured, outcome }) => [
    goal.row,
    goal.what,
    asked(goal),
    found(goal, measured),
    outcome
  ]),
  left: 2
})

/** `21 of 26 goals met, 2 missed, 3 not measured` */
export const tally = (verdicts: ReadonlyArray<Verdict>): string => {
  const of = (outcome: Verdict["outcome"]) => verdicts.filter((verdict) => verdict.outcome === outcome).length
  return [
    `${of("met")} of ${verdicts.length} goals met`,
    ...(of("missed") > 0 ? [`${of("missed")} missed`] : []),
    ...(of("not measured") > 0 ? [`${of("not measured")} not measured`] : [])
  ].join(", ")
}
