/**
 * Limits hold, and are used to the full.
 */
import { describe, it } from "@effect/vitest"
import { checked } from "../Checked.ts"
import { idsOf } from "../Invariants.ts"
import { limits } from "./limitsProperty.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

describe("a server with limits", () => {
  it.live(`${idsOf("limits")} hold in every scenario`, () => checked(limits, { runs: 2000, determinism: 4 }), timeout)
})
