/**
 * What a row of the benchmark is: cases that are measured side by side, in every round once.
 */
import type { Placement } from "../processes/Cores.ts"
import type { HandlerName } from "../servers/HandlerName.ts"
import type { RowId, Sample, Subject } from "../servers/Result.ts"

/** What a server is to be warm for. */
export interface WarmUps {
  /** Connections that stay. */
  readonly steady: number
  /** Those that come and go: what runs once for each of them is optimised later than what runs for each line. */
  readonly churn: number
  /** Those too, with restarts and without: it is compared with itself, which is as cold. */
  readonly restarts: number
  /** What compares no speeds. */
  readonly others: number
}

/** How long and how much; `--quick` is less of everything. */
export interface Effort {
  readonly rounds: number
  readonly warmUpMillis: WarmUps
  readonly windowMillis: number
  readonly idleConnections: number
  /** The sizes of the row `connections`. */
  readonly connections: ReadonlyArray<number>
  readonly handlers: ReadonlyArray<HandlerName>
}

export interface Bench {
  readonly effort: Effort
  readonly placement: Placement
}

export interface Case extends Subject {
  readonly measure: (bench: Bench) => Promise<Sample>
}

export interface Row {
  readonly id: RowId
  readonly cases: (effort: Effort) => ReadonlyArray<Case>
}
