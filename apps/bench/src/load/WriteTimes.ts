/**
 * When the lines that are under way on one connection were written: one entry for each write, because what a chunk brings back is
 * written again at once.
 */
import type { Histogram } from "./Histogram.ts"

export class WriteTimes {
  private readonly at: Array<number>
  private readonly counts: Array<number>
  private oldest = 0
  private newest = 0

  /** There are no more writes under way than lines. */
  constructor(depth: number) {
    this.at = new Array(depth).fill(0)
    this.counts = new Array(depth).fill(0)
  }

  wrote(count: number, now: number): void {
    this.at[this.newest] = now
    this.counts[this.newest] = count
    this.newest = this.after(this.newest)
  }

  cameBack(count: number, now: number, latencies: Histogram): void {
    for (let left = count; left > 0; ) {
      const written = this.counts[this.oldest] ?? 0
      const some = Math.min(written, left)
      latencies.record(now - (this.at[this.oldest] ?? now), some)
      left -= some
      this.counts[this.oldest] = written - some
      if (some === written) this.oldest = this.after(this.oldest)
    }
  }

  private after(index: number): number {
    return index + 1 === this.at.length ? 0 : index + 1
  }
}
