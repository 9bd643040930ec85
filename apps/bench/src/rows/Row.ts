/**
 * What a row of the benchmark is: cases that are measured side by side, in every round once.
 */
import type { Placement } from "../processes/Cores.ts"
import type { RowId, Sample, Subject } from "../servers/Result.ts"

/** How long and how much; `--quick` is less of everything. */
export interface Effort {
  readonly rounds: number
  readonly warmUpMillis: number
  readonly windowMillis: number
  /** Connections that are as good as an unlimited number. */
  readonly manyConnections: number
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
