/**
 * Every transport operation of fixed scenes is made to fail, one after the other and with every code that it can fail with.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Schedule from "@tidegate/testing/Schedule"
import { goesAsPlanned, verify } from "./Invariants.ts"
import { failEach, failEachInAnyOrder, failPairs, runsOf, Tally, undisturbed } from "./Loop.ts"
import { scenes } from "./scenes.ts"

const pairs = 100
const tally = new Tally()
const patient = { timeout: 60_000 }

for (const scene of scenes) {
  describe(scene.name, () => {
    const base = undisturbed(scene)

    it("I-S1 I-S22 goes as planned and is the same in any order of fibers, undisturbed: 50 runs", patient, () => {
      goesAsPlanned(scene, base)
      for (let seed = 1; seed <= 50; seed++) verify(scene, base, undisturbed(scene, Schedule.random(seed)))
    })

    it(
      `I-S1 I-S2 I-S3 I-S8 I-S10 I-S17 I-S19 I-L0 I-L1 I-L2 I-L10 each operation fails in each way: ${runsOf(base)} runs`,
      patient,
      () => {
        const { runs } = tally
        failEach(scene, base, tally)
        assert.strictEqual(tally.runs - runs, runsOf(base))
      }
    )

    it(
      "I-S1 I-S2 I-S3 I-S8 I-S10 I-S17 I-S19 I-L0 I-L1 I-L2 I-L10 each operation fails, in an order of fibers of its own",
      patient,
      () => {
        failEachInAnyOrder(scene, base, tally)
      }
    )

    it(`I-S1 I-S2 I-S3 I-S8 I-S10 I-S17 I-S19 I-L0 I-L1 I-L2 I-L10 two operations fail: ${pairs} runs`, patient, () => {
      failPairs(scene, base, tally, pairs)
    })
  })
}

describe("the runs above", () => {
  it("were more than 9000, and not all alike", () => {
    assert.isAbove(tally.runs, 9000)
    const operations = ["listen", "accept", "dial", "read", "write", "end", "close"]
    const fates = ["stopped", "lost", "never started", "AcceptFailed", "ListenerLost"]
    const reasons = [
      "eof",
      "handled",
      "drained",
      "idle",
      "reset",
      "timeout",
      "stalled",
      "broken-frame",
      "failed",
      "aborted"
    ]
    for (const what of [...operations, ...fates, ...reasons]) assert.isAbove(tally.times(what), 50, what)
  })
})
