/**
 * Restarts on the same endpoint: one generation follows the other on one listening socket.
 */
import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { format, portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import { connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { asks, named, port, untaken } from "./support/Generations.ts"
import { held } from "./support/Held.ts"
import { inMemory } from "./support/InMemory.ts"
import { Recording } from "./support/Recording.ts"
import { untilEnd } from "./support/Watching.ts"

describe("a restart on the same endpoint", () => {
  inMemory(
    "S27 S28 B61 an old connection keeps its handler to its end, the next one gets the new handler, on the same socket",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { handler, release, taken } = yield* held
      const { address, server } = yield* serve(handler, { port })
      const old = yield* connect(address)
      yield* old.send("slow\n")
      yield* taken
      const before = network.listeners()
      const restarted = yield* server.restart({ handler: named("second"), port })
      assert.strictEqual(restarted.generation, 2)
      assert.strictEqual(format(restarted.address), format(address))
      assert.deepStrictEqual(restarted.kept, [])
      assert.deepStrictEqual(network.listeners(), before)
      yield* asks(yield* connect(address), "second")
      yield* release
      assert.deepStrictEqual(yield* untilEnd(old), { text: "slow\n", ending: "eof" })
      assert.deepInclude(yield* restarted.drained, { generation: 1, drained: 1, idleClosed: 0, aborted: 0 })
    })
  )

  inMemory(
    "S28 S29 S35 an idle old connection is closed at once, and the restart has not waited for one that works",
    Effect.gen(function* () {
      const recording = yield* Recording.make
      const { handler, release, taken } = yield* held
      const { address, server } = yield* recording.of(serve(handler, { port }))
      const idle = yield* connect(address)
      yield* recording.until("ConnectionOpened")
      yield* TestClock.adjust("1 second")
      const busy = yield* connect(address)
      yield* busy.send("work\n")
      yield* taken
      const { drained } = yield* server.restart()
      assert.strictEqual((yield* untilEnd(idle)).ending, "eof")
      const waiting = yield* Effect.forkChild(drained)
      yield* recording.until("ConnectionEnded")
      assert.deepStrictEqual(
        (yield* server.info).generations.map(({ connections, id, state }) => [id, state, connections]),
        [
          [1, "draining", 1],
          [2, "serving", 0]
        ]
      )
      assert.isUndefined(waiting.pollUnsafe())
      yield* release
      assert.deepStrictEqual(yield* untilEnd(busy), { text: "work\n", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(waiting), { generation: 1, drained: 1, idleClosed: 1, aborted: 0 })
      assert.deepStrictEqual(
        recording.tags.filter((tag) => tag.startsWith("Generation")),
        ["GenerationBegan", "GenerationEnded"]
      )
      assert.strictEqual((yield* server.info).generation, 2)
    })
  )

  inMemory(
    "S27 who has connected and was not taken yet is served by the new generation",
    Effect.gen(function* () {
      const { address, server } = yield* serve(named("first"), { port })
      const clients = yield* untaken(address)
      const { drained } = yield* server.restart({ handler: named("second"), port })
      assert.deepInclude(yield* drained, { generation: 1, drained: 0, idleClosed: 0, aborted: 0 })
      yield* TestClock.adjust(1000)
      for (const client of clients) yield* asks(client, "second")
      assert.deepInclude(yield* server.info, { connections: clients.length, shed: 0 })
    })
  )

  inMemory(
    "S30 generations without connections are finished at once, and only the newest takes the next connection",
    Effect.gen(function* () {
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(named("1"), { port }))
      for (let generation = 2; generation <= 50; generation++) {
        const { drained } = yield* server.restart({ handler: named(`${generation}`), port })
        assert.deepStrictEqual(yield* drained, {
          generation: generation - 1,
          drained: 0,
          idleClosed: 0,
          aborted: 0,
          elapsed: Duration.zero
        })
        assert.deepStrictEqual(
          (yield* server.info).generations.map(({ id }) => id),
          [generation]
        )
      }
      yield* asks(yield* connect(address), "50")
      assert.deepStrictEqual(
        recording.tagged("GenerationEnded").map(({ generation }) => generation),
        Array.from({ length: 49 }, (_, at) => at + 1)
      )
      assert.deepStrictEqual(
        recording.tagged("ConnectionOpened").map(({ generation }) => generation),
        [50]
      )
    })
  )

  inMemory(
    "S31 it is decided on the resolved address: a name, the real port, and any port again are the same",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address, server } = yield* serve(named("first"))
      const before = network.listeners()
      const real = portOf(address) ?? 0
      for (const options of [
        {},
        { port: real },
        { host: "localhost", port: real },
        { host: "::ffff:127.0.0.1", port: real }
      ]) {
        const restarted = yield* server.restart({ handler: named("next"), ...options })
        assert.strictEqual(format(restarted.address), format(address))
        assert.deepStrictEqual(network.listeners(), before)
      }
    }),
    { hosts: { elsewhere: "10.0.0.1" } }
  )

  inMemory(
    "S31 a wildcard over the bound address, and the other way round, is an error and no second socket",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address, server } = yield* serve(named("first"), { port })
      for (const host of ["0.0.0.0", "::"]) {
        const error = yield* Effect.flip(server.restart({ handler: named("second"), host, port }))
        assert.strictEqual(error._tag, "EndpointOverlap")
        assert.include(error.message, "127.0.0.1:7000")
      }
      assert.strictEqual(network.listenerCount().opened, 1)
      yield* asks(yield* connect(address), "first")
      assert.strictEqual((yield* server.info).generation, 1)
    })
  )

  inMemory(
    "S31 an address below a bound wildcard overlaps too; with another port it does not",
    Effect.gen(function* () {
      const { server } = yield* serve(named("first"), { host: "0.0.0.0", port })
      const error = yield* Effect.flip(server.restart({ handler: named("second"), port }))
      assert.strictEqual(error._tag, "EndpointOverlap")
      const { address } = yield* server.restart({ handler: named("second"), port: 7001 })
      assert.strictEqual(format(address), "127.0.0.1:7001")
    })
  )

  inMemory(
    "B65 options of the listening socket that can be changed are, and the others are named",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address, server } = yield* serve(named("first"), { port })
      const { kept } = yield* server.restart({
        handler: named("second"),
        port,
        backlog: 7,
        maxUntaken: 3,
        highWaterMarkBytes: 100
      })
      assert.deepStrictEqual(kept, ["backlog"])
      assert.strictEqual(network.listeners()[0]?.buffers.highWaterMarkBytes, 100)
      yield* asks(yield* connect(address), "second")
      assert.deepStrictEqual((yield* server.restart({ handler: named("third"), port })).kept, [])
    })
  )

  inMemory(
    "the name, the live settings and the services of the handler are those of who restarts",
    Effect.gen(function* () {
      class Greeting extends Context.Service<Greeting, string>()("test/Greeting") {}
      const handler = Handler.frames({ codec: text }, (line) => Greeting.useSync((word) => `${word} ${line}`))
      const { address, server } = yield* Effect.provideService(serve(handler, { port, name: "one" }), Greeting, "hi")
      yield* asks(yield* connect(address), "hi")
      yield* Effect.provideService(server.restart({ handler, port, name: "two" }), Greeting, "ho")
      yield* asks(yield* connect(address), "ho")
      assert.strictEqual(server.name, "two")
      assert.strictEqual((yield* server.info).name, "two")
      yield* server.restart()
      yield* asks(yield* connect(address), "ho")
      assert.strictEqual(server.name, "two")
    })
  )
})

describe("one generation alone", () => {
  inMemory(
    "an old one is aborted, and the newest is not disturbed",
    Effect.gen(function* () {
      const { handler, taken } = yield* held
      const { address, server } = yield* serve(handler, { port })
      const old = yield* connect(address)
      yield* old.send("work\n")
      yield* taken
      const { drained } = yield* server.restart({ handler: named("second"), port })
      const young = yield* connect(address)
      yield* asks(young, "second")
      assert.isTrue(yield* server.abortGeneration(1))
      assert.strictEqual((yield* untilEnd(old)).ending, "ECONNRESET")
      assert.deepInclude(yield* drained, { generation: 1, aborted: 1 })
      yield* asks(young, "second")
      assert.isFalse(yield* server.abortGeneration(1))
      assert.isFalse(yield* server.abortGeneration(3))
    })
  )

  inMemory(
    "the newest loses its connections and goes on taking others",
    Effect.gen(function* () {
      const { address, server } = yield* serve(named("first"), { port })
      const client = yield* connect(address)
      yield* asks(client, "first")
      assert.isTrue(yield* server.abortGeneration(1))
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      yield* asks(yield* connect(address), "first")
      assert.strictEqual((yield* server.info).connections, 1)
    })
  )
})
