/**
 * Signals end this process through `exit`, which ends the servers and generators too.
 */
import { constants } from "node:os"

export const endOnSignals = (): void => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]))
  }
}
