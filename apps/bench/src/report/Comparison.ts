/**
 * How two servers of one row stand to each other.
 */
import type { Measurement } from "../servers/Result.ts"
import { cpuMicros, type Figure, generatorBusy, perSecond, values } from "./Measurements.ts"
import { median, ratios, type Spread, spread } from "./Statistics.ts"

export type By = "throughput" | "processor time"

/** How many times as fast; of the rounds' ratios the median, the least and the most. */
export interface Comparison extends Spread {
  readonly by: By
}

/** Of a core. A generator that is busier has no room left for a server that would be faster. */
export const busyGenerator = 0.9

const atItsCeiling = (measurement: Measurement): boolean =>
  (median(values(measurement, generatorBusy)) ?? 0) >= busyGenerator

/** The ratio of one figure. */
export const compareBy = (
  ours: Measurement | undefined,
  theirs: Measurement | undefined,
  figure: Figure
): Spread | undefined =>
  ours === undefined || theirs === undefined
    ? undefined
    : spread(ratios(ours.samples.map(figure), theirs.samples.map(figure)))

/** The server's processor time where a generator was at its ceiling beside either of the two, the throughput everywhere else. */
export const compare = (ours: Measurement | undefined, theirs: Measurement | undefined): Comparison | undefined => {
  if (ours === undefined || theirs === undefined) return undefined
  const byTime = atItsCeiling(ours) || atItsCeiling(theirs)
  // Less time is faster, so there it is theirs to ours.
  const compared = byTime ? compareBy(theirs, ours, cpuMicros) : compareBy(ours, theirs, perSecond)
  return compared === undefined ? undefined : { ...compared, by: byTime ? "processor time" : "throughput" }
}
