/**
 * The example of the guide on testing one's own protocol: a lost reply is found, made small and explained.
 */
import { assert, describe, it } from "@effect/vitest"
import { check, replay } from "@tidegate/testing/Check"
import * as Effect from "effect/Effect"
import { careful, careless } from "./Adder.ts"
import { adds } from "./AdderProperty.ts"

describe("an adder", () => {
  it.live("answers what it has read, whoever comes and whenever it is shut down", () => check(adds(careful)), 60_000)

  it.live(
    "the careless one loses a reply, and the smallest scenario that shows it is one client with two requests",
    () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(check(adds(careless)))
        assert.strictEqual(failed.invariant, "no lost reply")
        assert.strictEqual(failed.detail, "c1 is owed 2 replies and got 1")
        assert.deepStrictEqual(failed.fixture?.scenario, {
          latency: 0,
          clients: [{ dialsAt: 0, requests: [0, 0] }],
          shutdownAt: 1
        })
        assert.include(failed.message, "server   DrainBegan 1 connections")
        assert.include(failed.message, "SIM_REPLAY='{")
      })
  )
})

/** What `check` has found, kept as it was printed. */
const lostReply = {
  property: "adder",
  invariant: "no lost reply",
  seed: 0,
  scenario: { latency: 0, clients: [{ dialsAt: 0, requests: [0, 0] }], shutdownAt: 1 },
  schedule: { _tag: "fifo" }
}

describe("the fixture", () => {
  it.live("fails for the careless one", () =>
    Effect.gen(function* () {
      const failed = yield* Effect.flip(replay(adds(careless), lostReply))
      assert.strictEqual(failed.invariant, "no lost reply")
    })
  )

  it.live("passes once the mistake is mended", () => replay(adds(careful), lostReply))
})
