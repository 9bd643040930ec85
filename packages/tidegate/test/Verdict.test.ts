/**
 * What becomes of a connection that comes in, decided on a record.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Occupancy, type Verdict, verdictOf } from "../src/Verdict.ts"
import { between } from "./support/Simulation.ts"

const settings = { atLimit: "shed", maxPerPeer: Infinity, maxWaiting: 2 } as const
const quiet: Occupancy = { served: 0, parked: 0, ofPeer: 0, limit: 3, cap: Infinity, isDraining: false }
const full: Occupancy = { ...quiet, served: 3 }

describe("a connection that comes in", () => {
  const cases: ReadonlyArray<
    readonly [name: string, settings: Parameters<typeof verdictOf>[0], occupancy: Occupancy, verdict: Verdict]
  > = [
    ["B29 with a slot free", settings, quiet, "serve"],
    ["B29 with the last slot", settings, { ...quiet, served: 2 }, "serve"],
    ["B29 at the limit", settings, full, "limit"],
    ["B29 with no slot at all", settings, { ...quiet, limit: 0 }, "limit"],
    ["B31 above a limit that was lowered", settings, { ...full, served: 9 }, "limit"],
    ["B32 without a limit", settings, { ...full, served: 1e6, limit: Infinity }, "serve"],
    ["FF-49 at the limit, to be reset", { ...settings, atLimit: "reset" }, full, "limit"],
    ["B28 at the limit, to wait", { ...settings, atLimit: "wait" }, full, "park"],
    ["B28 with no slot at all, to wait", { ...settings, atLimit: "wait" }, { ...quiet, limit: 0 }, "park"],
    ["B28 with the last place to wait", { ...settings, atLimit: "wait" }, { ...full, parked: 1 }, "park"],
    ["FF-31 with no place to wait", { ...settings, atLimit: "wait" }, { ...full, parked: 2 }, "waiting room full"],
    ["FF-47 no descriptor to wait with", { ...settings, atLimit: "wait" }, { ...full, cap: 3 }, "waiting room full"],
    ["FF-47 the last descriptor", { ...settings, atLimit: "wait" }, { ...full, cap: 4 }, "park"],
    ["B37 a slot free, and others before it", settings, { ...quiet, parked: 1 }, "park"],
    ["B73 to wait, in a drain", { ...settings, atLimit: "wait" }, { ...full, isDraining: true }, "shutdown"],
    ["B73 a slot free, in a drain", settings, { ...quiet, isDraining: true }, "serve"],
    ["the last of its peer", { ...settings, maxPerPeer: 2 }, { ...quiet, ofPeer: 1 }, "serve"],
    ["one too many of its peer", { ...settings, maxPerPeer: 2 }, { ...quiet, ofPeer: 2 }, "peer limit"],
    [
      "one too many of its peer, to wait",
      { ...settings, atLimit: "wait", maxPerPeer: 2 },
      { ...full, ofPeer: 2 },
      "peer limit"
    ]
  ]

  for (const [name, settings, occupancy, verdict] of cases) {
    it(`${name}: ${verdict}`, () => assert.strictEqual(verdictOf(settings, occupancy), verdict))
  }

  const plan = Schema.Struct({
    atLimit: Schema.Literals(["shed", "wait", "reset"]),
    maxPerPeer: Schema.Literals([0, 1, 3, 1000]),
    maxWaiting: Schema.Literals([0, 1, 3, 1000]),
    served: between(0, 5),
    parked: between(0, 4),
    ofPeer: between(0, 4),
    limit: Schema.Literals([0, 1, 3, 5, 1000]),
    cap: Schema.Literals([5, 7, 1000]),
    isDraining: Schema.Boolean
  })

  it.effect.prop(
    "B29 FF-31 whatever there is: no slot above the limit, no place above a bound, nobody overtaken",
    { plan },
    ({ plan }) =>
      Effect.sync(() => {
        const verdict = verdictOf(plan, plan)
        if (verdict === "serve") {
          assert.isBelow(plan.served, plan.limit)
          assert.strictEqual(plan.parked, 0)
        }
        if (verdict === "serve" || verdict === "park") assert.isBelow(plan.ofPeer, plan.maxPerPeer)
        if (verdict === "park" && plan.served >= plan.limit) {
          assert.strictEqual(plan.atLimit, "wait")
          assert.isFalse(plan.isDraining)
          assert.isBelow(plan.parked, plan.maxWaiting)
          assert.isBelow(plan.served + plan.parked, plan.cap)
        }
      }),
    { arbitrary: { runs: 500 } }
  )
})
