/**
 * Dials that meet anything and are interrupted at any time.
 */
import { describe, it } from "@effect/vitest"
import { checked } from "../Checked.ts"
import { dials } from "./property.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

describe("a dial that meets anything and is interrupted at any time", () => {
  it.live(
    "I-S20 FF-82 S93 S94 S97 opens one socket more than it closes if it succeeds, and none otherwise",
    () => checked(dials, { runs: 3000, determinism: 10 }),
    timeout
  )
})
