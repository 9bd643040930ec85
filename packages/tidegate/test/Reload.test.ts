/**
 * Reloads: options that change under a running server, and an answer for each.
 */
import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { untilEnd } from "./support/Watching.ts"

const never = Handler.frames({ codec: text }, (line) => (line === "never" ? Effect.never : Effect.succeed(line)))

describe("a reload", () => {
  inMemory(
    "B60 answers for each key that is given what became of it",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { server } = yield* serve(never, { port: 7000, idleTimeout: "1 minute", goodbye: "bye" })
      const answers = yield* server.reload({
        maxConnections: 3,
        idleTimeout: 60_000,
        goodbye: new TextEncoder().encode("bye"),
        waitTimeout: undefined,
        maxUntaken: 5,
        highWaterMarkBytes: 100,
        lowWaterMarkBytes: 50,
        keepAliveDelay: "20 seconds",
        backlog: 7,
        port: 7001,
        host: "127.0.0.1",
        name: "other"
      })
      assert.deepStrictEqual(answers, {
        maxConnections: "applied",
        idleTimeout: "unchanged",
        goodbye: "unchanged",
        maxUntaken: "applied",
        highWaterMarkBytes: "applied",
        lowWaterMarkBytes: "applied",
        keepAliveDelay: "applied",
        backlog: "needs a new listener",
        port: "needs a new generation",
        host: "unchanged",
        name: "needs a new generation"
      })
      assert.strictEqual(network.listeners()[0]?.buffers.highWaterMarkBytes, 100)
      const again = yield* server.reload({ keepAliveDelay: 20_000, maxUntaken: 5, backlog: 7, maxConnections: 3 })
      assert.deepStrictEqual(again, {
        keepAliveDelay: "unchanged",
        maxUntaken: "unchanged",
        backlog: "needs a new listener",
        maxConnections: "unchanged"
      })
      assert.deepInclude(yield* server.info, { name: "tidegate", generation: 1, limit: 3 })
    })
  )

  inMemory(
    "B60 B7 options that cannot be used change nothing, also those beside them that could be",
    Effect.gen(function* () {
      const { server } = yield* serve(never, { port: 7000, maxConnections: 9, highWaterMarkBytes: 10 })
      const error = yield* Effect.flip(server.reload({ maxConnections: 3, idleTimeout: -1 }))
      assert.strictEqual(error._tag, "InvalidOptions")
      assert.include(error.message, "idleTimeout: got -1")
      // A contradiction with an option that stays.
      assert.include(
        (yield* Effect.flip(server.reload({ lowWaterMarkBytes: 11 }))).message,
        "lowWaterMarkBytes: got 11"
      )
      const unknown = { maxConnections: 3, maxConections: 3 }
      assert.include((yield* Effect.flip(server.reload(unknown))).message, "maxConections: unknown option")
      assert.strictEqual((yield* server.info).limit, 9)
      assert.deepStrictEqual(yield* server.reload({}), {})
    })
  )

  inMemory(
    "B60 all generations have one source of truth: a deadline that is changed counts for the next drain, whatever its generation",
    Effect.gen(function* () {
      const { address, server } = yield* serve(never, { port: 7000 })
      const client = yield* connect(address)
      yield* client.send("hello\nnever\n")
      assert.strictEqual(yield* client.line, "hello\n")
      assert.deepStrictEqual(yield* server.reload({ drainTimeout: "3 seconds" }), { drainTimeout: "applied" })
      const { drained } = yield* server.restart()
      yield* TestClock.adjust(2999)
      assert.strictEqual((yield* server.info).generations.length, 2)
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* drained, { aborted: 1 })
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
    })
  )

  inMemory(
    "B60 what was reloaded outlives a restart without options, and ends with one that has options",
    Effect.gen(function* () {
      const { server } = yield* serve(never, { port: 7000 })
      yield* server.reload({ maxConnections: 3 })
      yield* server.restart()
      assert.strictEqual((yield* server.info).limit, 3)
      yield* server.restart({ handler: never, port: 7000 })
      assert.strictEqual((yield* server.info).limit, Infinity)
      assert.deepStrictEqual(yield* server.reload({ maxConnections: Infinity }), { maxConnections: "unchanged" })
    })
  )

  inMemory(
    "S19 I-L9 comes after a restart that was asked for before it",
    Effect.gen(function* () {
      const { server } = yield* serve(never, { port: 7000 })
      const restart = yield* Effect.forkChild(server.restart({ handler: never, port: 7001, maxConnections: 5 }), {
        startImmediately: true
      })
      assert.deepStrictEqual(yield* server.reload({ maxConnections: 3 }), { maxConnections: "applied" })
      yield* Fiber.join(restart)
      assert.strictEqual((yield* server.info).limit, 3)
    })
  )

  inMemory(
    "S13 B60 during a shutdown it does not take back what the shutdown has brought nearer",
    Effect.gen(function* () {
      const { address, server } = yield* serve(never, { closeTimeout: "5 seconds" })
      const client = yield* connect(address)
      yield* client.send("hello\nnever\n")
      assert.strictEqual(yield* client.line, "hello\n")
      const options = { closeTimeout: 100, drainTimeout: 1000 }
      const shutdown = yield* Effect.forkChild(server.shutdown(options), { startImmediately: true })
      assert.deepStrictEqual(yield* server.reload({ maxConnections: 3 }), { maxConnections: "applied" })
      assert.deepInclude(yield* server.settings, { closeTimeout: 100, maxConnections: 3 })
      assert.deepStrictEqual(yield* server.reload({ closeTimeout: 50 }), { closeTimeout: "applied" })
      assert.deepInclude(yield* server.settings, { closeTimeout: 50 })
      yield* TestClock.adjust(1000)
      assert.deepInclude(yield* Fiber.join(shutdown), { aborted: 1 })
    })
  )

  inMemory(
    "before the first listen it decides how the socket is made, and during a shutdown it waits for nobody",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const reloading = Handler.connection(() =>
        Effect.onInterrupt(Effect.never, () =>
          Effect.andThen(Effect.sleep(10), Effect.orDie(server.reload({ maxConnections: 1 })))
        )
      )
      const server: Server.Server["Service"] = yield* Server.prepare({ handler: reloading, port: 7000 })
      assert.deepStrictEqual(yield* server.reload({ highWaterMarkBytes: 100 }), { highWaterMarkBytes: "applied" })
      const address = yield* server.listen
      assert.strictEqual(network.listeners()[0]?.buffers.highWaterMarkBytes, 100)
      yield* connect(address)
      yield* network.quiet
      const report = yield* Effect.forkChild(server.hardShutdown, { startImmediately: true })
      yield* TestClock.adjust(10)
      assert.deepInclude(yield* Fiber.join(report), { aborted: 1 })
      assert.strictEqual((yield* server.info).limit, 1)
    })
  )
})
