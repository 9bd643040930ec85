/**
 * The example of the guide on testing one's own protocol: a lost reply is found, made small and explained.
 */
import { assert, describe, it } from "@effect/vitest"
import { check, replay } from "@tidegate/testing/Check"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { careful, careless } from "./Adder.ts"
import { adds } from "./AdderProperty.ts"

/** How the failure is explained. */
const explained = `
scenario
  {
    "latency": 0,
    "clients": [{ "dialsAt": 0, "requests": [0, 0] }],
    "shutdownAt": 1
  }

schedule
  first ready, first run

trace, its end
  0 ms  network  127.0.0.1:7 listening
  0 ms  server   ListenerOpened 127.0.0.1:7
  0 ms  network  c1 dialling 127.0.0.1:7
  0 ms  network  c1 connected
  0 ms  network  s1 accepted
  0 ms  server   ConnectionOpened 1 127.0.0.1:49152
  0 ms  network  s1 read 4
  0 ms  network  s1 read 4
  1 ms  server   DrainBegan 1 connections
  1 ms  network  127.0.0.1:7 notListening
  1 ms  server   ListenerClosed 127.0.0.1:7
  5 ms  network  c1 arrived fin
  5 ms  network  c1 read 2
`

/** It has to fail, also in a run that asks for other scenarios or for one fixture. */
const byItself = Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({}))

describe("an adder", () => {
  it.live("answers what it has read, whoever comes and whenever it is shut down", () => check(adds(careful)), 60_000)

  it.live(
    "the careless one loses a reply, and the smallest scenario that shows it is one client with two requests",
    () =>
      Effect.gen(function* () {
        const failed = yield* Effect.flip(byItself(check(adds(careless))))
        assert.strictEqual(failed.invariant, "no lost reply")
        assert.strictEqual(failed.detail, "c1 is owed 2 replies and got 1")
        assert.deepStrictEqual(failed.fixture?.scenario, {
          latency: 0,
          clients: [{ dialsAt: 0, requests: [0, 0] }],
          shutdownAt: 1
        })
        assert.include(failed.message, explained)
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
