/**
 * Safety: faults are on, and nothing forbidden happens.
 */
import { describe, it } from "@effect/vitest"
import { checked } from "./Checked.ts"
import { idsOf } from "./Invariants.ts"
import { safety } from "./properties.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

describe("a server whose peers and network do what they like", () => {
  it.live(`${idsOf("safety")} hold in every scenario`, () => checked(safety, { runs: 2500, determinism: 4 }), timeout)
})
