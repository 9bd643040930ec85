import { assert, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Simulation from "@tidegate/testing/Simulation"
import * as Clock from "effect/Clock"
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

it.effect("FF-22 the README's example: the middlebox resets both ends", () =>
  Simulation.effect(
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { dial, listen } = yield* Transport
      yield* network.when({ event: "read", end: "s1" }, () => network.cut("s1", "reset"))
      const listener = yield* listen({ host: "127.0.0.1", port: 7000 })
      const client = yield* dial({ host: "127.0.0.1", port: 7000 })
      assert.strictEqual(yield* Clock.currentTimeMillis, 10)
      const server = yield* listener.accept
      yield* client.write(Uint8Array.of(1, 2, 3))
      yield* server.readable
      yield* client.readable
      assert.strictEqual(client.closeReason, "reset-received")
      assert.strictEqual(yield* Clock.currentTimeMillis, 20)
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { latency: 5 } })))
  )
)
