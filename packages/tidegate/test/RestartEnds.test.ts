/**
 * Several restarts, and the ends that meet them.
 */
import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { format } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { type Client, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { asks, named, port } from "./support/Generations.ts"
import { held } from "./support/Held.ts"
import { inMemory } from "./support/InMemory.ts"
import { Recording } from "./support/Recording.ts"
import { untilEnd } from "./support/Watching.ts"

describe("several restarts, and ends that meet them", () => {
  inMemory(
    "S19 I-L9 two at once queue: the last one is in force, and no generation is lost",
    Effect.gen(function* () {
      const { address, server } = yield* serve(named("first"), { port })
      const both = yield* Effect.all(
        [server.restart({ handler: named("second"), port: 7001 }), server.restart({ handler: named("third"), port })],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        both.map(({ generation }) => generation),
        [2, 3]
      )
      yield* asks(yield* connect(address), "third")
      for (const { drained } of both) assert.deepInclude(yield* drained, { drained: 0, aborted: 0 })
      assert.deepStrictEqual(
        (yield* server.info).generations.map(({ id }) => id),
        [3]
      )
    })
  )

  inMemory(
    "S36 the drain of the old generation is bounded by the deadline, and giving the wait up undoes nothing",
    Effect.gen(function* () {
      const { address, server } = yield* serve(
        Handler.frames({ codec: text }, () => Effect.never),
        { port }
      )
      const old = yield* connect(address)
      yield* old.send("never\n")
      yield* Effect.repeat(Effect.yieldNow, { times: 10 })
      const { drained } = yield* server.restart({ handler: named("second"), port, drainTimeout: "10 seconds" })
      const waiting = yield* Effect.forkChild(drained, { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      yield* TestClock.adjust(4000)
      const [first] = (yield* server.info).generations
      assert.strictEqual(first?.deadlineIn && Duration.toMillis(first.deadlineIn), 6000)
      yield* TestClock.adjust(5999)
      yield* asks(yield* connect(address), "second")
      assert.strictEqual((yield* server.info).generations.length, 2)
      yield* TestClock.adjust(1)
      assert.deepInclude(yield* drained, { generation: 1, drained: 0, aborted: 1, elapsed: Duration.seconds(10) })
      assert.strictEqual((yield* untilEnd(old)).ending, "ECONNRESET")
      assert.strictEqual((yield* server.info).generations.length, 1)
    })
  )

  inMemory(
    "FF-95 five restarts within a second leave at most two generations draining, and the newest serves",
    Effect.gen(function* () {
      const recording = yield* Recording.make
      const stubborn = Handler.frames({ codec: text }, (line) =>
        line === "never" ? Effect.never : Effect.succeed(line)
      )
      const { address, server } = yield* recording.of(serve(stubborn, { port, drainTimeout: "30 seconds" }))
      for (let generation = 1; generation <= 5; generation++) {
        const client = yield* connect(address)
        yield* client.send("hello\nnever\n")
        assert.strictEqual(yield* client.line, "hello\n")
        yield* server.restart()
        yield* TestClock.adjust(200)
        const { generations } = yield* server.info
        assert.isAtMost(generations.filter(({ state }) => state === "draining").length, 2)
      }
      assert.deepStrictEqual(
        recording.tagged("GenerationEnded").map(({ aborted, generation }) => [generation, aborted]),
        [
          [1, 1],
          [2, 1],
          [3, 1]
        ]
      )
      const last = yield* connect(address)
      yield* last.send("hello\n")
      assert.strictEqual(yield* last.line, "hello\n")
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(
        (yield* server.info).generations.map(({ id }) => id),
        [6]
      )
    })
  )

  inMemory(
    "S25 a hard shutdown reaches generations that drain already",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { handler, taken } = yield* held
      const { address, server } = yield* serve(handler, { port, maxDrainingGenerations: 5 })
      const clients: Array<Client> = []
      for (let generation = 1; generation <= 4; generation++) {
        const client = yield* connect(address)
        yield* client.send("work\n")
        yield* taken
        clients.push(client)
        if (generation < 4) yield* server.restart()
      }
      assert.strictEqual((yield* server.info).generations.length, 4)
      const report = yield* server.hardShutdown
      assert.deepInclude(report, { aborted: 4, drained: 0, elapsed: Duration.zero })
      for (const client of clients) assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      assert.strictEqual(network.listenerCount().open, 0)
      assert.deepStrictEqual(yield* server.stopped, report)
    })
  )

  inMemory(
    "S11 I-L9 a drain that begins while an old generation drains counts its connections and has one deadline for all",
    Effect.gen(function* () {
      const { handler, taken } = yield* held
      const { address, server } = yield* serve(handler, { port, drainTimeout: "1 minute" })
      for (const _ of [1, 2]) {
        const client = yield* connect(address)
        yield* client.send("work\n")
        yield* taken
        yield* server.restart()
      }
      const report = yield* Effect.forkChild(server.shutdown({ drainTimeout: 500 }), { startImmediately: true })
      yield* TestClock.adjust(500)
      assert.deepInclude(yield* Fiber.join(report), { aborted: 2, elapsed: Duration.millis(500) })
    })
  )

  inMemory(
    "I-L9 S15 a restart that a shutdown overtakes fails with ServerClosed, and binds nothing",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { server } = yield* serve(named("first"), { port })
      const restart = yield* Effect.forkChild(server.restart({ handler: named("second"), port: 7001 }), {
        startImmediately: true
      })
      yield* server.hardShutdown
      const error = yield* Effect.flip(Fiber.join(restart))
      assert.strictEqual(error._tag, "ServerClosed")
      assert.strictEqual(network.listenerCount().open, 0)
      assert.strictEqual((yield* Effect.flip(server.restart()))._tag, "ServerClosed")
    })
  )

  inMemory(
    "I-L9 S15 a handler that asks for a restart, or to listen, while its server waits for it is told that it is closed",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const errors: Array<string> = []
      const asking = Handler.connection(() =>
        Effect.onInterrupt(Effect.never, () =>
          Effect.forEach(
            [server.restart(), server.listen, server.suspend()],
            (asked: Effect.Effect<unknown, { readonly _tag: string }>) =>
              // By then the shutdown waits for this handler.
              Effect.andThen(
                Effect.sleep(10),
                Effect.catch(asked, ({ _tag }) => Effect.sync(() => errors.push(_tag)))
              )
          )
        )
      )
      const server: Server.Server["Service"] = yield* Server.prepare({ handler: asking, port })
      yield* connect(yield* server.listen)
      yield* network.quiet
      const report = yield* Effect.forkChild(server.hardShutdown, { startImmediately: true })
      yield* TestClock.adjust(30)
      assert.deepInclude(yield* Fiber.join(report), { aborted: 1 })
      assert.deepStrictEqual(errors, ["ServerClosed", "ServerClosed", "ServerClosed"])
    })
  )

  inMemory(
    "I-L9 an interrupted caller undoes nothing: the restart takes place",
    Effect.gen(function* () {
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(named("first"), { port }))
      const caller = yield* Effect.forkChild(server.restart({ handler: named("second"), port }), {
        startImmediately: true
      })
      yield* Fiber.interrupt(caller)
      yield* recording.until("GenerationBegan")
      yield* asks(yield* connect(address), "second")
    })
  )

  inMemory(
    "a handler may restart its own server; its own connection then drains",
    Effect.gen(function* () {
      let server: Server.Server["Service"] | undefined
      const handler = Handler.frames({ codec: text }, () =>
        Effect.suspend(() => server?.restart() ?? Effect.die("too early")).pipe(
          Effect.map(({ generation }) => `generation ${generation}`)
        )
      )
      const running = yield* serve(handler, { port })
      server = running.server
      const client = yield* connect(running.address)
      yield* client.send("restart\n")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "generation 2\n", ending: "eof" })
    })
  )

  inMemory(
    "a restart before the first listen begins to listen",
    Effect.gen(function* () {
      const server = yield* Server.prepare({ handler: named("first"), port })
      const { address, generation } = yield* server.restart({ handler: named("second"), port: 7001 })
      assert.strictEqual(generation, 2)
      assert.strictEqual(format(yield* server.address), "127.0.0.1:7001")
      assert.strictEqual(format(yield* server.listen), "127.0.0.1:7001")
      yield* asks(yield* connect(address), "second")
    })
  )

  inMemory(
    "B65 a listener that is lost after a restart comes back with the options of the restart",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const recording = yield* Recording.make
      const { server } = yield* recording.of(serve(named("first"), { port }))
      const { address } = yield* server.restart({
        handler: named("second"),
        port: 7001,
        onListenerLost: "relisten",
        highWaterMarkBytes: 77
      })
      yield* network.failListener(address, "EBADF")
      yield* recording.until("ListenerOpened", 3)
      assert.strictEqual(network.listeners()[0]?.buffers.highWaterMarkBytes, 77)
      yield* asks(yield* connect(address), "second")
    })
  )
})
