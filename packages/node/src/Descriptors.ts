/**
 * How many descriptors this process may have, and has.
 */
import { readdirSync, readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import type { DescriptorBudget } from "tidegate/Transport"

/**
 * The budget; `undefined` where the platform does not tell.
 *
 * **Limits**
 *
 * - Node raises its soft limit to the hard one when it starts, so this may be more than `ulimit -n` said.
 *
 * @source proc_pid_limits(5), proc_pid_fd(5), FF-47
 */
export const descriptors: Effect.Effect<DescriptorBudget | undefined> = Effect.sync(() => {
  try {
    const limit = /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]
    // The directory itself is open while it is read.
    const open = readdirSync("/proc/self/fd").length - 1
    return limit === undefined
      ? undefined
      : { limit: limit === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit), open }
  } catch {
    return undefined
  }
})
