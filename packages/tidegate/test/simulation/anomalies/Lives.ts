/**
 * The fixed scenarios of the lifecycle's properties, with every operation made to fail, and all of their invariants.
 */
import type { OperationFault } from "@tidegate/testing/NetworkFaults"
import { resultOf, run } from "@tidegate/testing/Simulation"
import { Violation } from "@tidegate/testing/Violation"
import * as Effect from "effect/Effect"
import { checksOf } from "../Invariants.ts"
import type { Life } from "../Life.ts"
import { Faults, live } from "../Living.ts"
import { modelOf } from "../Model.ts"
import { codes, type Failed, failedIn, probe } from "./Anomaly.ts"
import { AnomalyFailure } from "./AnomalyFailure.ts"

const maxSteps = 50_000
const maxMilliseconds = 600_000

/**
 * The invariants know what peers and links do to a connection, and not that one of its operations fails: what they find about that
 * connection alone is excused, and an accept error that none of them has ordered.
 */
const isExcused = (error: unknown, failed: ReadonlyArray<Failed>): boolean =>
  error instanceof Violation &&
  failed.some(({ end, operation }) =>
    operation === "accept" ? error.invariant === "I-S19" : error.detail.includes(`(c${end.slice(1)})`)
  )

/** Plays a life with one operation that fails; what has failed, if it came to that. */
const liveWith = (name: string, life: Life, fault: OperationFault): Failed | undefined => {
  const outcome = run(Effect.provideService(live(life), Faults, [fault]), { maxSteps, maxMilliseconds })
  const failed = failedIn(outcome.trace.entries)
  // The scenario's own, with which it looks whether the address is free again.
  if (failed[0]?.operation === "listen") return undefined
  try {
    resultOf(outcome)
    const model = modelOf(outcome.trace.entries)
    for (const check of checksOf("safety")) {
      try {
        check(model, life)
      } catch (error) {
        if (!isExcused(error, failed)) throw error
      }
    }
  } catch (cause) {
    throw new AnomalyFailure(name, [fault], failed, outcome.trace, cause)
  }
  return failed[0]
}

/** Each operation after the first listen, with half of its codes; the number of runs. */
export const failEachIn = (name: string, life: Life): number => {
  let runs = 0
  for (let nth = 2; ; nth++) {
    const failed = liveWith(name, life, { nth, code: probe })
    if (failed === undefined) return runs
    const chosen = codes[failed.operation].filter((_, at) => (at + nth) % 2 === 0)
    for (const code of chosen) liveWith(name, life, { nth, code })
    runs += 1 + chosen.length
  }
}
