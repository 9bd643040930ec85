import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { after, type ServerState, type Step } from "tidegate/ServerState"

const steps: ReadonlyArray<Step> = ["listening", "drain", "lost", "end"]

/** What each step, in the order above, leads to. */
const table: { readonly [S in ServerState]: ReadonlyArray<ServerState> } = {
  starting: ["running", "draining", "starting", "stopped"],
  running: ["running", "draining", "listenerLost", "stopped"],
  draining: ["draining", "draining", "draining", "stopped"],
  listenerLost: ["listenerLost", "listenerLost", "listenerLost", "stopped"],
  stopped: ["stopped", "stopped", "stopped", "stopped"]
}

/** What an owner has to be told must not be taken back: from left to right only. */
const order: ReadonlyArray<ServerState> = ["starting", "running", "listenerLost", "draining", "stopped"]

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
    "whatever happens: stopped is final, the listener is lost at most once, and no state comes back",
    {
      steps: Arbitrary.array(Arbitrary.schema(Schema.Literals(["listening", "drain", "lost", "end"])), {
        maxLength: 12
      })
    },
    ({ steps }) => {
      let state: ServerState = "starting"
      for (const step of steps) {
        const next = after(state, step)
        assert.isAtLeast(order.indexOf(next), order.indexOf(state))
        if (state === "stopped" || step === "end") assert.strictEqual(next, "stopped")
        state = next
      }
    }
  )
})
