/**
 * Everything that happened in one run, in one total order.
 *
 * @since 0.1.0
 */
import type { Clock } from "effect/Clock"
import type { ServerEvent } from "tidegate/Events"
import { lineOf } from "./internal/simulation/TraceLine.ts"
import type { NetworkEvent } from "./NetworkEvent.ts"

/**
 * What a program has to say about itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface Note {
  readonly note: string
  readonly about: Readonly<Record<string, unknown>>
}

/**
 * One thing that happened; `at` is in milliseconds of virtual time.
 *
 * @category models
 * @since 0.1.0
 */
export type TraceEntry =
  | { readonly at: number; readonly source: "network"; readonly event: NetworkEvent }
  | { readonly at: number; readonly source: "server"; readonly event: ServerEvent }
  | { readonly at: number; readonly source: "program"; readonly event: Note }

/**
 * The trace of a run.
 *
 * **When to use**
 *
 * After a run, to check what has to hold with one scan from front to back; order decides, not time, since much happens in the same
 * millisecond.
 *
 * @category models
 * @since 0.1.0
 */
export class Trace {
  readonly entries: Array<TraceEntry> = []
  private readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
  }

  readonly network = (event: NetworkEvent): void => {
    this.entries.push({ at: this.clock.currentTimeMillisUnsafe(), source: "network", event })
  }

  readonly server = (event: ServerEvent): void => {
    this.entries.push({ at: this.clock.currentTimeMillisUnsafe(), source: "server", event })
  }

  readonly note = (note: string, about: Readonly<Record<string, unknown>> = {}): void => {
    this.entries.push({ at: this.clock.currentTimeMillisUnsafe(), source: "program", event: { note, about } })
  }

  /** Everything as lines for people, or only what happened around the entry of this index: `reach` entries before and after it. */
  lines(around?: number, reach = 10): ReadonlyArray<string> {
    const { entries } = this
    const shown = around === undefined ? entries : entries.slice(Math.max(0, around - reach), around + reach + 1)
    return shown.map(format)
  }

  /** The last ones as lines, and how many there were before. */
  tail(count: number): ReadonlyArray<string> {
    const before = this.entries.length - count
    const shown = this.entries.slice(-count).map(format)
    return before > 0 ? [`… ${before} before`, ...shown] : shown
  }
}

/**
 * Prints an entry as one line: `12 ms  network  s1 read 40`, `12 ms  server   ConnectionEnded 1 eof 40→40`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (entry: TraceEntry): string => `${entry.at} ms  ${entry.source.padEnd(7)}  ${lineOf(entry)}`
