/**
 * Restarts on another endpoint, and of servers that do not listen.
 */
import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/testing/TestClock"
import { format, portOf } from "tidegate/Address"
import { connect } from "./Client.ts"
import { serve } from "./support/Behaviour.ts"
import { asks, named, port, untaken } from "./support/Generations.ts"
import { held } from "./support/Held.ts"
import { inMemory } from "./support/InMemory.ts"
import { Recording } from "./support/Recording.ts"
import { isRefused, untilEnd } from "./support/Watching.ts"

describe("a restart on another endpoint", () => {
  inMemory(
    "S32 S34 B64 I-S15 the new one is bound before the old one is closed; then the old one refuses and old work is finished",
    Effect.gen(function* () {
      const recording = yield* Recording.make
      const { handler, release, taken } = yield* held
      const { address, server } = yield* recording.of(serve(handler, { port }))
      const old = yield* connect(address)
      yield* old.send("slow\n")
      yield* taken
      const restarted = yield* recording.of(server.restart({ handler: named("second"), port: 7001 }))
      assert.strictEqual(format(restarted.address), "127.0.0.1:7001")
      yield* isRefused(address)
      yield* asks(yield* connect(restarted.address), "second")
      yield* release
      assert.deepStrictEqual(yield* untilEnd(old), { text: "slow\n", ending: "eof" })
      assert.deepInclude(yield* restarted.drained, { generation: 1, drained: 1 })
      assert.deepStrictEqual(
        recording.tags.filter((tag) => tag.startsWith("Listener") || tag.startsWith("Generation")),
        ["ListenerOpened", "ListenerOpened", "GenerationBegan", "ListenerClosed", "GenerationEnded"]
      )
    })
  )

  inMemory(
    "S32 S34 FF-11 who has reached the old address by then is taken, by the new generation",
    Effect.gen(function* () {
      const { address, server } = yield* serve(named("first"), { port })
      const clients = yield* untaken(address)
      yield* server.restart({ handler: named("second"), port: 7001 })
      yield* isRefused(address)
      for (const client of clients) yield* asks(client, "second")
    })
  )

  inMemory(
    "S18 S33 B64 a bind that fails changes nothing: same generation, same options, same connections",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      yield* network.transport.listen({ host: "127.0.0.1", port: 7001 })
      const { address, server } = yield* serve(named("first"), { port, idleTimeout: "Infinity" })
      const client = yield* connect(address)
      const error = yield* Effect.flip(
        server.restart({ handler: named("second"), port: 7001, name: "other", maxConnections: 0 })
      )
      assert.strictEqual(error._tag, "TransportError")
      assert.include(error.message, "127.0.0.1:7001")
      const unknown = yield* Effect.flip(server.restart({ handler: named("second"), host: "nowhere", port: 7001 }))
      assert.strictEqual(unknown._tag === "TransportError" && unknown.code, "ENOTFOUND")
      const invalid = yield* Effect.flip(server.restart({ handler: named("second"), port: -1 }))
      assert.strictEqual(invalid._tag, "InvalidOptions")
      yield* asks(client, "first")
      yield* asks(yield* connect(address), "first")
      assert.deepInclude(yield* server.info, { name: "tidegate", generation: 1, state: "running", connections: 2 })
      const { drained } = yield* server.restart()
      assert.strictEqual((yield* untilEnd(client)).ending, "eof")
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* drained, { generation: 1, idleClosed: 2 })
    })
  )

  inMemory(
    "S19 S32 back and forth: the address that was left can be taken again, and nothing is left behind",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { server } = yield* serve(named("0"), { port })
      for (let turn = 1; turn <= 10; turn++) {
        const { address } = yield* server.restart({ handler: named(`${turn}`), port: port + (turn % 2) })
        const client = yield* connect(address)
        yield* asks(client, `${turn}`)
        yield* client.end
        assert.strictEqual(network.listenerCount().open, 1)
      }
      yield* server.shutdown()
      assert.deepInclude(yield* server.info, { accepted: 10, ended: 10, connections: 0 })
      assert.strictEqual(network.listenerCount().open, 0)
      assert.strictEqual(network.connections().filter(({ label }) => label.startsWith("s")).length, 0)
    })
  )
})

describe("a suspended server", () => {
  inMemory(
    "B60 can be restarted where it is, and takes nobody until it is resumed",
    Effect.gen(function* () {
      const { address, server } = yield* serve(named("first"))
      yield* server.suspend()
      const restarted = yield* server.restart({ handler: named("second"), port: portOf(address) ?? 0 })
      assert.strictEqual(format(restarted.address), format(address))
      yield* isRefused(address)
      assert.strictEqual((yield* server.info).state, "suspended")
      assert.strictEqual(format(yield* server.resume), format(address))
      yield* asks(yield* connect(address), "second")
    })
  )

  inMemory(
    "cannot be moved",
    Effect.gen(function* () {
      const { address, server } = yield* serve(named("first"), { port })
      yield* server.suspend({ mode: "park" })
      const exit = yield* Effect.exit(server.restart({ handler: named("second"), port: 7001 }))
      assert.isTrue(Exit.isFailure(exit))
      const error = yield* Effect.flip(server.restart({ handler: named("second"), port: 7001 }))
      assert.strictEqual(error._tag, "InvalidOptions")
      assert.include(error.message, "resume it first")
      yield* server.resume
      yield* asks(yield* connect(address), "first")
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    })
  )
})
