/**
 * Deadlines: nobody is ended before one, nobody lives on after it.
 */
import { describe, it } from "@effect/vitest"
import { checked } from "../Checked.ts"
import { idsOf } from "../Invariants.ts"
import { deadlines } from "./deadlinesProperty.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

describe("a server whose peers are slow, silent or in mid-sentence", () => {
  it.live(
    `${idsOf("deadlines")} hold in every scenario`,
    () => checked(deadlines, { runs: 1500, determinism: 10 }),
    timeout
  )
})
