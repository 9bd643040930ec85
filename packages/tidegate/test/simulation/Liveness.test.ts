/**
 * Liveness: faults end, peers read, it is quiet for a while, and everything that has to happen has happened.
 */
import { describe, it } from "@effect/vitest"
import { checked } from "./Checked.ts"
import { idsOf } from "./Invariants.ts"
import { liveness } from "./properties.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

describe("a server whose faults have ended", () => {
  it.live(
    `${idsOf("liveness")} hold in every scenario`,
    () => checked(liveness, { runs: 2000, determinism: 4 }),
    timeout
  )
})
