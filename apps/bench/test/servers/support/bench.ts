/**
 * A benchmark that takes no time: what it measures is nobody's promise.
 */
import { fileURLToPath } from "node:url"
import type { Bench } from "../../../src/rows/Row.ts"
import { handlerNames } from "../../../src/servers/HandlerName.ts"
import type { Program } from "../../../src/servers/Programs.ts"

/** Two generators, so that what they did is put together. */
export const tiny: Bench = {
  effort: {
    rounds: 1,
    warmUpMillis: { steady: 20, churn: 20, restarts: 20, others: 20 },
    windowMillis: 100,
    idleConnections: 20,
    connections: [10],
    handlers: handlerNames
  },
  placement: { pinned: false, server: [], generators: [[], []] }
}

/** The fault comes with this reply, if it is said. */
export const broken = (how: string, at?: number): Program => ({
  name: "broken",
  file: fileURLToPath(new URL("brokenServer.ts", import.meta.url)),
  flags: ["--how", how, ...(at === undefined ? [] : ["--at", String(at)])]
})

/** Nothing has this process identifier any more, or a process that has ended and waits for its parent to ask. */
export const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}
