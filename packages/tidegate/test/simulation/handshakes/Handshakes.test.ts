/**
 * Behind a balancer: whose connections are served, as whose, and for how long they are waited for.
 */
import { describe, it } from "@effect/vitest"
import { checked } from "../Checked.ts"
import { idsOf } from "../Invariants.ts"
import { handshakes } from "./handshakesProperty.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

describe("a server behind a balancer", () => {
  it.live(
    `${idsOf("handshakes")} hold in every scenario`,
    () => checked(handshakes, { runs: 600, determinism: 4 }),
    timeout
  )
})
