/**
 * What a run of the benchmark has measured: the record between the rows, which measure, and the report, which only reads.
 */

/** What one server did in one round of one row. What a row does not measure is missing. */
export interface Sample {
  /** Messages, connections, or bytes, as the row's `unit` says. */
  readonly perSecond?: number
  /** The server's own processor time for one of them, in microseconds. */
  readonly cpuMicros?: number
  /** Shares of a core while it was measured; of several generators, the busiest. */
  readonly serverBusy?: number
  readonly generatorBusy?: number
  /** From the write of a message to its last byte back. */
  readonly latencyMillis?: { readonly p50: number; readonly p99: number; readonly p999: number }
  /** Memory of the process before the first connection, and what each of the second half of the connections added. */
  readonly idleBytes?: number
  readonly connectionBytes?: number
  /** Replies that were owed and did not come, connections that ended in a reset, connections or messages that failed. */
  readonly lost?: number
  readonly resets?: number
  readonly failed?: number
  /** How many replies were owed, or connections tried: what the three above are out of. */
  readonly owed?: number
  /** From the last reply to the end of the process. */
  readonly exitMillis?: number
}

/** A server, or a server with one handler, or one at a size: what a line of a table is about. */
export interface Subject {
  /** `tidegate`, `raw`, `raw-concat`, `socket-server`, or for the row `handlers`: `succeed`, `sync`, … */
  readonly server: string
  /** Where a row has several cases: connections of `connections`; `alone` and `flooded` of `fairness`; `plain` and `restarting` of `restarts`. */
  readonly variant?: string
}

export interface Measurement extends Subject {
  readonly row: RowId
  /** One for each round, in the order of the rounds: equal indices were measured side by side. */
  readonly samples: ReadonlyArray<Sample>
}

export const rowIds = [
  "small-1",
  "small-32",
  "kib-8",
  "stream",
  "churn",
  "idle",
  "handlers",
  "connections",
  "fairness",
  "drain-unread",
  "drain-load",
  "drain-slow",
  "restarts"
] as const

export type RowId = (typeof rowIds)[number]

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly system: string
  readonly node: string
  readonly effect: string
  /** The server had a core for itself. */
  readonly pinned: boolean
}

export interface Result {
  readonly machine: Machine
  readonly date: string
  readonly quick: boolean
  readonly measurements: ReadonlyArray<Measurement>
}
