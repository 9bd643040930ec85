/**
 * Restarts: one generation follows the other, on the same listening socket or on another one.
 */
import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { type Address, format, portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { type Client, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { held } from "./support/Held.ts"
import { inMemory } from "./support/InMemory.ts"
import { Recording } from "./support/Recording.ts"
import { isRefused, untilEnd } from "./support/Watching.ts"

/** Says who it is. */
const named = (name: string) => Handler.frames({ codec: text }, (line) => Effect.succeed(`${name} ${line}`))

const asks = Effect.fnUntraced(function* (client: Client, answer: string) {
  yield* client.send("hello\n")
  assert.strictEqual(yield* client.line, `${answer} hello\n`)
})

const port = 7000

/** Clients that have connected while the accept fiber waits an error out. */
const untaken = Effect.fnUntraced(function* (address: Address) {
  const network = yield* SimulatedNetwork
  yield* network.scriptAccepts(["EMFILE"])
  yield* Effect.flatMap(connect(address), untilEnd)
  const clients = yield* Effect.forEach(Array(8), () => connect(address))
  yield* network.quiet
  assert.strictEqual(network.listeners()[0]?.pendingUnsafe(), clients.length)
  return clients
})

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
      const [idle, busy] = [yield* connect(address), yield* connect(address)]
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
      assert.strictEqual(network.listenerCount().open, 0)
      assert.strictEqual(network.connections().filter(({ label }) => label.startsWith("s")).length, 0)
    })
  )
})

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
