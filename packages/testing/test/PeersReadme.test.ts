import { assert, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import { halfCloser, requester, resetClient, stalledReader } from "@tidegate/testing/Peers"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"

const handler = Handler.frames({ codec: Line.make() }, (line) => Effect.succeed(line))

it.effect("I-S17 the README's example: serves one client while others misbehave", () =>
  Effect.gen(function* () {
    const server = yield* Server.make({ handler })
    const address = yield* server.address
    yield* Effect.forkScoped(stalledReader(address))
    yield* Effect.forkScoped(resetClient(address, { input: "half a li" }))
    const seen = yield* requester(address, { frames: ["ping\n"] })
    assert.strictEqual(new TextDecoder().decode(seen.received), "ping\n")
    assert.strictEqual(seen.ending, "eof")
  }).pipe(Effect.provide(SimulatedNetwork.layer()))
)

it.effect("FF-17 the example of halfCloser", () =>
  Effect.gen(function* () {
    const server = yield* Server.make({ handler })
    const seen = yield* halfCloser(yield* server.address, { input: "one\ntwo\n" })
    assert.deepStrictEqual([new TextDecoder().decode(seen.received), seen.ending], ["one\ntwo\n", "eof"])
  }).pipe(Effect.provide(SimulatedNetwork.layer()))
)
