import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { after, type ServerState, type Step } from "tidegate/ServerState"

const names = ["listening", "suspend", "resume", "drain", "lost", "end"] as const
const steps: ReadonlyArray<Step> = names

/** What each step, in the order above, leads to. */
const table: { readonly [S in ServerState]: ReadonlyArray<ServerState> } = {
  starting: ["running", "starting", "starting", "draining", "starting", "stopped"],
  running: ["running", "suspended", "running", "draining", "listenerLost", "stopped"],
  suspended: ["running", "suspended", "running", "draining", "listenerLost", "stopped"],
  draining: ["draining", "draining", "draining", "draining", "draining", "stopped"],
  listenerLost: ["running", "suspended", "listenerLost", "draining", "listenerLost", "stopped"],
  stopped: ["stopped", "stopped", "stopped", "stopped", "stopped", "stopped"]
}

/** The end must not be taken back: from a later one to an earlier one leads nothing. */
const stages: { readonly [S in ServerState]: number } = {
  starting: 0,
  running: 1,
  suspended: 1,
  listenerLost: 1,
  draining: 2,
  stopped: 3
}

describe("ServerState", () => {
  for (const [state, expected] of Object.entries(table) as ReadonlyArray<[ServerState, ReadonlyArray<ServerState>]>) {
    it(`S15 S40 B78 from ${state}`, () => {
      assert.deepStrictEqual(
        steps.map((step) => after(state, step)),
        expected
      )
    })
  }

  it.prop(
    "whatever happens: stopped is final, and no stage comes back",
    {
      steps: Arbitrary.array(Arbitrary.schema(Schema.Literals(names)), {
        maxLength: 12
      })
    },
    ({ steps }) => {
      let state: ServerState = "starting"
      for (const step of steps) {
        const next = after(state, step)
        assert.isAtLeast(stages[next], stages[state])
        if (state === "stopped" || step === "end") assert.strictEqual(next, "stopped")
        state = next
      }
    }
  )
})
