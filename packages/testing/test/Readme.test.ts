import { assert, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import { Transport } from "tidegate/Transport"

it.effect("FF-17 the README's example: answers after the client has ended", () =>
  Effect.gen(function* () {
    const network = yield* SimulatedNetwork
    const { dial, listen } = yield* Transport
    const listener = yield* listen({ host: "127.0.0.1", port: 7000 })
    const client = yield* dial({ host: "127.0.0.1", port: 7000 })
    const server = yield* listener.accept
    yield* client.end
    yield* server.write(Uint8Array.of(1, 2, 3))
    assert.deepStrictEqual(yield* client.read, Uint8Array.of(1, 2, 3))
    yield* server.end
    yield* client.readable
    yield* server.readable
    yield* network.quiet
    assert.strictEqual(network.connectionCount().open, 0)
  }).pipe(Effect.provide(SimulatedNetwork.layer()))
)
