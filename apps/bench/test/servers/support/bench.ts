/**
 * A benchmark that takes no time: what it measures is nobody's promise.
 */
import { fileURLToPath } from "node:url"
import type { Bench } from "../../../src/rows/Row.ts"
import type { Program } from "../../../src/servers/Programs.ts"

/** Two generators, so that what they did is put together. */
export const tiny: Bench = {
  effort: { rounds: 1, warmUpMillis: 20, windowMillis: 100, manyConnections: 20 },
  placement: { pinned: false, server: [], generators: [[], []] }
}

export const broken = (how: string): Program => ({
  name: "broken",
  file: fileURLToPath(new URL("brokenServer.ts", import.meta.url)),
  flags: ["--how", how]
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
