/**
 * How connections have ended, as reports count it.
 *
 * @since 0.1.0
 */
import type { EndReason } from "./Events.ts"

/** How connections have ended. */
export interface Tally {
  drained: number
  idleClosed: number
  aborted: number
}

export const zeroTally = (): Tally => ({ drained: 0, idleClosed: 0, aborted: 0 })

/** Where a report counts it. */
export const columnOf = (reason: EndReason): keyof Tally => {
  if (reason === "aborted" || reason === "stalled") return "aborted"
  return idle.has(reason) ? "idleClosed" : "drained"
}

/** Without work, whether a drain or a deadline found it so. */
const idle: ReadonlySet<EndReason> = new Set(["idle", "idle-timeout", "first-byte-timeout"])
