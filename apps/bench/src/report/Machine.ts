/**
 * The machine, and how far it can be trusted.
 */
import type { Machine, Measurement, Result } from "../servers/Result.ts"
import { perSecond, values } from "./Measurements.ts"
import { median, spread } from "./Statistics.ts"

export interface Noise {
  /** How far apart the rounds of a measurement lay, as a share of their median: of the one in the middle, and of the worst. */
  readonly median: number
  readonly worst: number
  readonly worstOf: Measurement
}

const apart = (measurement: Measurement): ReadonlyArray<{ readonly share: number; readonly of: Measurement }> => {
  const range = spread(values(measurement, perSecond))
  const share = range === undefined ? Number.NaN : (range.most - range.least) / range.median
  return measurement.samples.length > 1 && Number.isFinite(share) ? [{ share, of: measurement }] : []
}

/** Nothing where there was one round only: then nobody knows. */
export const noise = (result: Result): Noise | undefined => {
  const all = result.measurements.flatMap(apart).sort((a, b) => b.share - a.share)
  const [worst] = all
  const middle = median(all.map(({ share }) => share))
  return worst === undefined || middle === undefined
    ? undefined
    : { median: middle, worst: worst.share, worstOf: worst.of }
}

export const described = (machine: Machine): string =>
  [
    machine.processor,
    `${machine.cores} ${machine.cores === 1 ? "core" : "cores"}`,
    machine.system,
    `Node ${machine.node}`,
    `Effect ${machine.effect}`,
    machine.pinned ? "the server on a core of its own" : "nothing pinned to a core"
  ].join(", ")

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`

export const noiseDescribed = (result: Result): string => {
  const measured = noise(result)
  if (measured === undefined) return "one round, so how noisy it was is not known"
  const { row, server, variant } = measured.worstOf
  const where = [row, server, ...(variant === undefined ? [] : [variant])].join(" ")
  return `rounds lay ${percent(measured.median)} apart in the median, ${percent(measured.worst)} at worst (${where})`
}
