/**
 * The first test of the guide on testing one's own protocol.
 */
import { assert, it } from "@effect/vitest"
import { requester } from "@tidegate/testing/Peers"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Server from "tidegate/Server"
import { careful } from "./Adder.ts"

it.effect("answers over a slow link", () =>
  Effect.gen(function* () {
    const server = yield* Server.make({ handler: careful })
    const visit = yield* Effect.forkChild(requester(yield* server.address, { frames: ["1 2 3\n"] }))
    yield* TestClock.adjust("1 second")
    const { ending, received } = yield* Fiber.join(visit)
    assert.strictEqual(new TextDecoder().decode(received), "6\n")
    assert.strictEqual(ending, "eof")
  }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { latency: 40, segmentBytes: 1 } })))
)
