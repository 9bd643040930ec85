/**
 * The listening socket dies.
 */
import { describe, it } from "@effect/vitest"
import { checked } from "../Checked.ts"
import { idsOf } from "../Invariants.ts"
import { listenerLoss } from "./property.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

describe("a server whose listening socket dies", () => {
  it.live(
    `${idsOf("listener loss")} the policy decides what becomes of it and of its connections`,
    () => checked(listenerLoss, { runs: 1500, determinism: 10 }),
    timeout
  )
})
