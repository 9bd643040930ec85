/**
 * What does not hold when something fails, with everything that is needed to see it again.
 */
import type { OperationFault } from "@tidegate/testing/NetworkFaults"
import type { Trace } from "@tidegate/testing/Trace"
import type { Failed } from "./Anomaly.ts"

export class AnomalyFailure extends Error {
  constructor(
    scene: string,
    faults: ReadonlyArray<OperationFault>,
    failed: ReadonlyArray<Failed>,
    trace: Trace,
    cause: unknown
  ) {
    const what = faults.map(({ code, nth }) => `operation ${nth} with ${code}`).join(" and ")
    const marked = new Set(failed.map(({ entry }) => entry))
    const lines = trace.lines().map((line, entry) => `${marked.has(entry) ? "→" : " "} ${line}`)
    const why = cause instanceof Error ? cause.message : String(cause)
    super(`${scene}: ${what}: ${why}\n${lines.join("\n")}`, { cause })
    this.name = "AnomalyFailure"
  }
}
