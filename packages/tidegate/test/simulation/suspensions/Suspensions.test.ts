/**
 * Suspending, resuming, and the phases of a shutdown.
 */
import { describe, it } from "@effect/vitest"
import { checked } from "../Checked.ts"
import { suspensionInvariants } from "./Invariants.ts"
import { suspensions } from "./property.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

describe("a server that is suspended, resumed and stopped at any time", () => {
  it.live(
    `${Object.keys(suspensionInvariants).join(" ")} hold in every scenario`,
    () => checked(suspensions, { runs: 1000, determinism: 10 }),
    timeout
  )
})
