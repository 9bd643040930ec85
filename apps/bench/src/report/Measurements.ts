/**
 * Where in a result a figure is.
 */
import type { Measurement, Result, RowId, Sample, Subject } from "../servers/Result.ts"

export type Figure = (sample: Sample) => number | undefined

export const perSecond: Figure = (sample) => sample.perSecond
export const cpuMicros: Figure = (sample) => sample.cpuMicros
export const serverBusy: Figure = (sample) => sample.serverBusy
export const generatorBusy: Figure = (sample) => sample.generatorBusy
export const p50: Figure = (sample) => sample.latencyMillis?.p50
export const p99: Figure = (sample) => sample.latencyMillis?.p99
export const p999: Figure = (sample) => sample.latencyMillis?.p999
export const idleBytes: Figure = (sample) => sample.idleBytes
export const connectionBytes: Figure = (sample) => sample.connectionBytes
export const lost: Figure = (sample) => sample.lost
export const resets: Figure = (sample) => sample.resets
export const failed: Figure = (sample) => sample.failed
export const owed: Figure = (sample) => sample.owed
export const exitMillis: Figure = (sample) => sample.exitMillis

/** How many would fit into a second if the busiest generator had nothing else to do. */
export const ceiling: Figure = ({ generatorBusy: busy, perSecond: count }) =>
  count === undefined || busy === undefined || busy === 0 ? undefined : count / busy

export const find = (result: Result, row: RowId, { server, variant }: Subject): Measurement | undefined =>
  result.measurements.find((one) => one.row === row && one.server === server && one.variant === variant)

/** The same row and case, another server. */
export const beside = (result: Result, { row, variant }: Measurement, server: string): Measurement | undefined =>
  find(result, row, variant === undefined ? { server } : { server, variant })

/** Of the rounds that have it. */
export const values = ({ samples }: Measurement, figure: Figure): ReadonlyArray<number> =>
  samples.map(figure).filter((value) => value !== undefined)

/** Nothing where no round has it. */
export const total = (measurement: Measurement, figure: Figure): number | undefined => {
  const counted = values(measurement, figure)
  return counted.length === 0 ? undefined : counted.reduce((sum, value) => sum + value)
}

export const worst = (measurement: Measurement, figure: Figure): number | undefined => {
  const measured = values(measurement, figure)
  return measured.length === 0 ? undefined : Math.max(...measured)
}

export const rounds = (result: Result): number =>
  Math.max(0, ...result.measurements.map(({ samples }) => samples.length))
