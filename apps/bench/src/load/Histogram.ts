/**
 * Latencies, counted in buckets that are 1.6 % wide at most: recording allocates nothing.
 */

/** Buckets for each doubling. */
const steps = 64
const stepBits = 6
/** The finest that is told apart: 1/16 µs. */
const unitsPerMilli = 16_000
/** 2^31 units, two minutes, is the most. */
const buckets = steps * (31 - stepBits + 1)

/** Pairs of a bucket and how much is in it: what one process tells another. */
export type Recorded = ReadonlyArray<readonly [bucket: number, count: number]>

export class Histogram {
  private readonly counts = new Float64Array(buckets)

  record(millis: number, count: number): void {
    const bucket = bucketOf(millis)
    this.counts[bucket] = (this.counts[bucket] ?? 0) + count
  }

  reset(): void {
    this.counts.fill(0)
  }

  get recorded(): Recorded {
    return [...this.counts.entries()].filter(([, count]) => count > 0)
  }

  add(recorded: Recorded): void {
    for (const [bucket, count] of recorded) this.counts[bucket] = (this.counts[bucket] ?? 0) + count
  }

  /** In milliseconds; not a number when nothing was recorded. */
  percentile(share: number): number {
    const total = this.counts.reduce((sum, count) => sum + count, 0)
    let seen = 0
    for (const [bucket, count] of this.counts.entries()) {
      seen += count
      if (count > 0 && seen >= total * share) return middleOf(bucket)
    }
    return Number.NaN
  }
}

const bucketOf = (millis: number): number => {
  const units = Math.min(millis * unitsPerMilli, 0x7fff_ffff) | 0
  if (units < steps) return Math.max(units, 0)
  const shift = 31 - Math.clz32(units) - stepBits
  return (shift + 1) * steps + (units >> shift) - steps
}

const middleOf = (bucket: number): number => {
  if (bucket < steps) return (bucket + 0.5) / unitsPerMilli
  const shift = Math.floor(bucket / steps) - 1
  const from = (steps + (bucket % steps)) * 2 ** shift
  return (from + 2 ** shift / 2) / unitsPerMilli
}
