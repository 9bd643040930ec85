import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { format, portOf } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import * as ServerStream from "tidegate/ServerStream"
import { type Client, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { held } from "./support/Held.ts"
import { inMemory } from "./support/InMemory.ts"
import { Recording } from "./support/Recording.ts"
import { becomes, isRefused, untilEnd } from "./support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

const speaks = Effect.fnUntraced(function* (client: Client) {
  yield* client.send("ping\n")
  assert.strictEqual(yield* client.line, "ping\n")
})

describe("a fatal accept error", () => {
  for (const code of ["EBADF", "EINVAL", "ERR_SERVER_NOT_RUNNING", "ELOCAL", "ESOMETHING"]) {
    inMemory(
      `S17 S40 S41 B16 B44 ${code} loses the listener: told once, every connection aborted, and stopped fails`,
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const recording = yield* Recording.make
        const { address, server } = yield* recording.of(serve(echo))
        const states = yield* ServerStream.states(server).pipe(
          Stream.takeUntil((state) => state === "stopped"),
          Stream.runCollect,
          Effect.forkChild({ startImmediately: true })
        )
        const clients = [yield* connect(address), yield* connect(address)]
        yield* Effect.forEach(clients, speaks)
        yield* network.failListener(address, code)
        const lost = yield* Effect.flip(server.stopped)
        assert.strictEqual(lost._tag, "ListenerLost")
        assert.strictEqual(lost.address, format(address))
        assert.strictEqual(lost.cause.code, code)
        for (const client of clients) assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
        assert.deepStrictEqual(yield* Fiber.join(states), ["running", "listenerLost", "stopped"])
        assert.deepStrictEqual(
          recording.tagged("ListenerLost").map(({ error }) => error.code),
          [code]
        )
        assert.deepStrictEqual(recording.tagged("ListenerClosed"), [])
        assert.deepStrictEqual(
          recording.tagged("ConnectionEnded").map(({ reason }) => reason),
          ["aborted", "aborted"]
        )
        assert.strictEqual(network.listenerCount().open, 0)
      })
    )
  }

  inMemory(
    "S41 whoever shuts down afterwards gets the report; stopped goes on failing",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address, server } = yield* serve(echo)
      yield* speaks(yield* connect(address))
      yield* network.failListener(address, "EBADF")
      const report = yield* server.shutdown()
      assert.deepInclude(report, { aborted: 1, drained: 0 })
      assert.strictEqual(yield* server.hardShutdown, report)
      assert.strictEqual((yield* Effect.flip(server.stopped))._tag, "ListenerLost")
      assert.strictEqual((yield* Effect.flip(server.listen))._tag, "ServerClosed")
    })
  )

  inMemory(
    "S17 I-L10 serve fails with ListenerLost, and a new server on the same port is reached",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const listening = yield* Deferred.make<Server.Server["Service"]>()
      const serving = yield* Effect.forkChild(
        Server.serve({ handler: echo }, (server) => Deferred.succeed(listening, server))
      )
      const address = yield* (yield* Deferred.await(listening)).address
      yield* network.failListener(address, "EBADF")
      const error = yield* Effect.flip(Fiber.join(serving))
      assert.strictEqual(error._tag, "ListenerLost")
      const again = yield* Server.make({ handler: echo, port: portOf(address) ?? 0 })
      yield* speaks(yield* connect(yield* again.address))
    })
  )

  inMemory(
    "S41 B16 the loss is noticed also while an accept error is waited out, and who was not taken yet is not forgotten",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address, server } = yield* serve(echo)
      // The accept fiber waits out the first error, so who comes next is not taken.
      yield* network.scriptAccepts(["EMFILE"])
      yield* Effect.flatMap(connect(address), untilEnd)
      const untaken = yield* connect(address)
      yield* Effect.repeat(Effect.yieldNow, { times: 10 })
      assert.strictEqual(network.listeners()[0]?.pendingUnsafe(), 1)
      yield* network.failListener(address, "EBADF")
      yield* becomes(server, "stopped")
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      assert.strictEqual((yield* untilEnd(untaken)).ending, "ECONNRESET")
      assert.strictEqual((yield* Effect.flip(server.stopped))._tag, "ListenerLost")
      yield* Effect.repeat(Effect.yieldNow, { times: 10 })
      assert.strictEqual(network.connectionCount().open, 0)
    })
  )
})

describe("a listener that dies while a shutdown is on", () => {
  inMemory(
    "S39 during the sweep: a clean end, and the drain goes on",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const recording = yield* Recording.make
      const { handler, release, taken, told } = yield* held
      const { address, server } = yield* recording.of(serve(handler))
      const client = yield* connect(address)
      yield* client.send("work\n")
      yield* taken
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      yield* network.failListener(address, "EBADF")
      yield* told
      yield* release
      assert.deepStrictEqual(yield* untilEnd(client), { text: "work\n", ending: "eof" })
      const report = yield* Fiber.join(shutdown)
      assert.deepInclude(report, { drained: 1, aborted: 0 })
      assert.strictEqual(yield* server.stopped, report)
      assert.deepStrictEqual(recording.tagged("ListenerLost"), [])
      assert.strictEqual(recording.tagged("ListenerClosed").length, 1)
    })
  )

  inMemory(
    "S39 S108 its own close is no error either: stopped succeeds after both kinds of shutdown",
    Effect.gen(function* () {
      for (const kind of ["shutdown", "hardShutdown"] as const) {
        const recording = yield* Recording.make
        const { server } = yield* recording.of(serve(echo))
        const report = yield* kind === "shutdown" ? server.shutdown() : server.hardShutdown
        assert.strictEqual(yield* server.stopped, report)
        assert.deepStrictEqual(recording.tagged("ListenerLost"), [])
        assert.deepStrictEqual(recording.tagged("AcceptFailed"), [])
      }
    })
  )
})

describe("temporary accept errors", () => {
  inMemory(
    "S37 S109 S120 B41 I-S19 five EMFILE in a row: live clients unharmed, waited out, later clients served",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(echo))
      const live = yield* connect(address)
      yield* speaks(live)
      yield* network.scriptAccepts(["EMFILE", "EMFILE", "EMFILE", "EMFILE", "EMFILE"])
      for (let unlucky = 0; unlucky < 5; unlucky++) yield* Effect.flatMap(connect(address), untilEnd)
      const later = yield* connect(address)
      yield* later.send("ping\n")
      yield* speaks(live)
      assert.strictEqual(yield* server.state, "running")
      // 5 + 10 + 20 + 40 + 80
      yield* TestClock.adjust("154 millis")
      assert.strictEqual(recording.tagged("ConnectionOpened").length, 1)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* later.line, "ping\n")
      assert.deepStrictEqual(
        recording.tagged("AcceptFailed").map(({ consecutive, error }) => [error.code, consecutive]),
        [1, 2, 3, 4, 5].map((consecutive) => ["EMFILE", consecutive])
      )
      // A success has ended the row: the next error is waited out 5 ms again.
      yield* network.scriptAccepts(["EMFILE"])
      yield* Effect.flatMap(connect(address), untilEnd)
      const last = yield* connect(address)
      yield* last.send("ping\n")
      yield* TestClock.adjust("5 millis")
      assert.strictEqual(yield* last.line, "ping\n")
    })
  )

  inMemory(
    "FF-10 FF-11 a client that waits out an accept error at shutdown is served",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address, server } = yield* serve(echo)
      yield* network.scriptAccepts(["EMFILE"])
      yield* Effect.flatMap(connect(address), untilEnd)
      const waiting = yield* connect(address)
      yield* waiting.send("ping\n")
      const shutdown = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      assert.deepStrictEqual(yield* untilEnd(waiting), { text: "ping\n", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(shutdown), { swept: 1, drained: 1, aborted: 0 })
    })
  )

  inMemory(
    "FF-10 a client that waits out an accept error at a hard shutdown is reset at once",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address, server } = yield* serve(echo)
      yield* network.scriptAccepts(["EMFILE"])
      yield* Effect.flatMap(connect(address), untilEnd)
      const waiting = yield* connect(address)
      yield* Effect.repeat(Effect.yieldNow, { times: 10 })
      assert.deepInclude(yield* server.hardShutdown, { aborted: 0 })
      assert.strictEqual((yield* untilEnd(waiting)).ending, "ECONNRESET")
      assert.strictEqual(network.listenerCount().open, 0)
    })
  )
})

describe("the sweep", () => {
  inMemory(
    "S43 B72 FF-11 three hundred clients in the accept queue at shutdown are all served, and none is reset",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const visit = Effect.gen(function* () {
        const client = yield* connect(address)
        yield* client.send("ping\n")
        return yield* untilEnd(client)
      })
      const visits = yield* Effect.forEach(Array.from({ length: 300 }), () =>
        Effect.forkChild(visit, { startImmediately: true })
      )
      assert.deepInclude(yield* server.info, { accepted: 0 })
      const report = yield* server.shutdown({ drainTimeout: "1 second" })
      assert.deepInclude(report, { swept: 300, aborted: 0, shed: 0 })
      for (const fiber of visits) assert.deepStrictEqual(yield* Fiber.join(fiber), { text: "ping\n", ending: "eof" })
    })
  )

  inMemory(
    "FF-11 FF-31 at a hard shutdown those in the queue are reset, and nobody is left over",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address, server } = yield* serve(echo)
      const visits = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.forkChild(Effect.flatMap(connect(address), untilEnd), { startImmediately: true })
      )
      yield* Effect.yieldNow
      yield* server.hardShutdown
      for (const fiber of visits) {
        const exit = yield* Effect.result(Fiber.join(fiber))
        assert.include(
          ["ECONNRESET", "ECONNREFUSED"],
          exit._tag === "Success" ? exit.success.ending : exit.failure.code
        )
      }
      yield* isRefused(address)
      assert.strictEqual(network.connectionCount().open, 0)
    })
  )

  inMemory(
    "S121 a server on :: takes IPv4 and IPv6 clients",
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { address, server } = yield* serve(echo, { host: "::" })
      for (const host of ["127.0.0.1", "::1"]) {
        const connection = yield* network.transport.dial({ host, port: portOf(address) ?? 0 })
        yield* connection.write(new TextEncoder().encode("ping\n"))
        assert.strictEqual(new TextDecoder().decode(yield* connection.read), "ping\n")
      }
      yield* server.hardShutdown
      yield* becomes(server, "stopped")
    })
  )
})
