/**
 * All rows, in the order in which they are shown.
 */
import { churnRow } from "./churn.ts"
import { connectionsRow } from "./connections.ts"
import { drainRows } from "./drains.ts"
import { fairnessRow } from "./fairness.ts"
import { handlersRow } from "./handlers.ts"
import { idleRow } from "./idle.ts"
import type { Row } from "./Row.ts"
import { restartsRow } from "./restarts.ts"
import { throughputRows } from "./throughput.ts"

export const rows: ReadonlyArray<Row> = [
  ...throughputRows,
  churnRow,
  idleRow,
  handlersRow,
  connectionsRow,
  fairnessRow,
  ...drainRows,
  restartsRow
]
