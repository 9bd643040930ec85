/**
 * The property of a server's limits.
 */
import type { Property } from "@tidegate/testing/Check"
import { judging } from "../Judging.ts"
import { type LimitsInvariant, limitsInvariants } from "./LimitsInvariants.ts"
import { liveWithLimits } from "./LimitsLife.ts"
import { limitsModelOf } from "./LimitsModel.ts"
import { LimitsScenario } from "./LimitsScenario.ts"

/** Reduced to some invariants: else one whose check stands behind another's would never be seen to work. */
export const limitsOf = (ids: ReadonlyArray<string>): Property<LimitsScenario, void> => {
  const checks = new Set<LimitsInvariant>(ids.flatMap((id) => limitsInvariants[id] ?? []))
  return {
    name: "limits",
    scenario: LimitsScenario,
    run: liveWithLimits,
    verify: judging(limitsModelOf, checks),
    schedules: "mixed",
    sometimes: [
      "ConnectionParked",
      "Pressure",
      "slot given back",
      "served behind its FIN",
      "reload while somebody waits",
      "restart while somebody waits",
      "shed: limit",
      "shed: peer limit",
      "shed: waiting room full",
      "shed: waited too long",
      "shed: peer left",
      "shed: shutdown"
    ]
  }
}

/** Anybody comes at any time, waits or not, and the limits change. */
export const limits = limitsOf(Object.keys(limitsInvariants))
