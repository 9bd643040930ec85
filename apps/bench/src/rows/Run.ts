/**
 * Measures rows: in each round every case once, beginning with another one each time, so that what changes on the machine meanwhile
 * meets all of them alike.
 */
import type { Measurement, Sample } from "../servers/Result.ts"
import type { Bench, Case, Effort, Row } from "./Row.ts"

export interface Selection {
  readonly rows: ReadonlyArray<Row>
  /** Empty: all of them. */
  readonly servers: ReadonlyArray<string>
}

const casesOf = (row: Row, { servers }: Selection, effort: Effort): ReadonlyArray<Case> =>
  row.cases(effort).filter(({ server }) => servers.length === 0 || servers.includes(server))

/** Whether nothing would be measured. */
export const isEmpty = (selection: Selection, effort: Effort): boolean =>
  selection.rows.every((row) => casesOf(row, selection, effort).length === 0)

/** Called before each measurement. */
export type OnCase = (what: string, round: number) => void

export const measureAll = async (selection: Selection, bench: Bench, onCase: OnCase): Promise<Array<Measurement>> => {
  const measurements: Array<Measurement> = []
  for (const row of selection.rows) {
    measurements.push(...(await measureRow(row, casesOf(row, selection, bench.effort), bench, onCase)))
  }
  return measurements
}

const measureRow = async (
  row: Row,
  cases: ReadonlyArray<Case>,
  bench: Bench,
  onCase: OnCase
): Promise<ReadonlyArray<Measurement>> => {
  const samples = cases.map((): Array<Sample> => [])
  for (let round = 0; round < bench.effort.rounds; round++) {
    for (let i = 0; i < cases.length; i++) {
      const turn = (i + round) % cases.length
      const one = cases[turn]
      if (one === undefined) continue
      onCase(nameOf(row, one), round)
      samples[turn]?.push(await measured(row, one, bench))
    }
  }
  return cases.map(({ measure: _, ...subject }, i) => ({ row: row.id, ...subject, samples: samples[i] ?? [] }))
}

const measured = async (row: Row, one: Case, bench: Bench): Promise<Sample> => {
  try {
    return await one.measure(bench)
  } catch (error) {
    throw new Error(`${nameOf(row, one)}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

const nameOf = (row: Row, { server, variant }: Case): string =>
  [row.id, server, variant].filter((part) => part !== undefined).join(" ")
