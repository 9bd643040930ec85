/**
 * The property of suspensions and of the phases of a shutdown.
 */
import type { Property } from "@tidegate/testing/Check"
import { judging } from "../Judging.ts"
import { type SuspensionInvariant, suspensionInvariants } from "./Invariants.ts"
import { liveSuspended } from "./Life.ts"
import { suspensionModelOf } from "./Model.ts"
import { SuspensionScenario } from "./Scenario.ts"

/** Reduced to some invariants: else one whose check stands behind another's would never be seen to work. */
export const suspensionsReducedTo = (ids: ReadonlyArray<string>): Property<SuspensionScenario, void> => {
  const checks = new Set<SuspensionInvariant>(ids.flatMap((id) => suspensionInvariants[id] ?? []))
  return {
    name: "suspensions",
    scenario: SuspensionScenario,
    run: liveSuspended,
    verify: judging(suspensionModelOf, checks),
    schedules: "mixed",
    sometimes: [
      "Suspended",
      "Resumed",
      "refused",
      "sent away",
      "stopped while suspended",
      "graceful while draining",
      "hard while draining",
      "ended: closed",
      "ended: idle",
      "ended: drained",
      "ended: aborted"
    ]
  }
}

/** A server is suspended, resumed and stopped at any time, by anybody, and the phases of its end are kept. */
export const suspensions = suspensionsReducedTo(Object.keys(suspensionInvariants))
