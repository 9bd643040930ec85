/**
 * From options to a bound address, and back to a free port.
 */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { portOf } from "tidegate/Address"
import { ServerClosed } from "tidegate/Errors"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { Recording } from "../support/Recording.ts"
import { isRefused, untilEnd } from "../support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

const isUsable = Effect.fnUntraced(function* (server: Server.Server["Service"]) {
  const client = yield* connect(yield* server.address)
  yield* client.send("ping\n")
  assert.strictEqual(yield* client.line, "ping\n")
  return client
})

const nothingDone = { drained: 0, idleClosed: 0, aborted: 0, swept: 0, shed: 0 }

export const starting: ReadonlyArray<Behaviour> = [
  {
    name: "S1 S80 S81 B1 port 0 becomes a concrete port once the server runs, and a client reaches it",
    run: Effect.gen(function* () {
      const server = yield* Server.prepare({ handler: echo })
      assert.strictEqual(yield* server.state, "starting")
      const address = yield* server.listen
      assert.strictEqual(yield* server.state, "running")
      assert.notStrictEqual(portOf(address), 0)
      assert.deepStrictEqual(yield* server.address, address)
      yield* isUsable(server)
    })
  },
  {
    name: "S2 S61 B2 a taken port fails the start with EADDRINUSE that names the address, and leaves its holder alone",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const port = portOf(address) ?? 0
      const error = yield* Effect.flip(Server.make({ handler: echo, port }))
      assert.strictEqual(error._tag, "TransportError")
      assert.match(error.message, new RegExp(`^listen 127.0.0.1:${port}: .*EADDRINUSE`))
      yield* isUsable(server)
    })
  },
  {
    name: "S2 a start that failed can be tried again: the same server listens once the port is free",
    run: Effect.gen(function* () {
      const holder = yield* serve(echo)
      const server = yield* Server.prepare({ handler: echo, port: portOf(holder.address) ?? 0 })
      assert.strictEqual((yield* Effect.flip(server.listen))._tag, "TransportError")
      assert.strictEqual(yield* server.state, "starting")
      yield* holder.server.hardShutdown
      assert.deepStrictEqual(yield* server.listen, holder.address)
      yield* isUsable(server)
    })
  },
  {
    name: "S15 S77 a graceful shutdown before listen completes at once, and a later listen fails with ServerClosed",
    run: Effect.gen(function* () {
      const server = yield* Server.prepare({ handler: echo, name: "early" })
      const report = yield* server.shutdown()
      assert.deepInclude(report, nothingDone)
      assert.strictEqual(yield* server.state, "stopped")
      assert.deepStrictEqual(yield* Effect.flip(server.listen), new ServerClosed({ name: "early" }))
      assert.deepStrictEqual(yield* Effect.flip(server.address), new ServerClosed({ name: "early" }))
      assert.strictEqual(yield* server.stopped, report)
    })
  },
  {
    name: "S15 S77 a hard shutdown before listen completes at once, and a later listen fails with ServerClosed",
    run: Effect.gen(function* () {
      const server = yield* Server.prepare({ handler: echo, name: "early" })
      const waiting = yield* Effect.forkChild(Effect.flip(server.address), { startImmediately: true })
      const report = yield* server.hardShutdown
      assert.deepInclude(report, nothingDone)
      assert.strictEqual(yield* server.state, "stopped")
      assert.deepStrictEqual(yield* Effect.flip(server.listen), new ServerClosed({ name: "early" }))
      assert.deepStrictEqual(yield* Fiber.join(waiting), new ServerClosed({ name: "early" }))
    })
  },
  {
    name: "S15 listen after a shutdown fails with ServerClosed also where the server had listened before",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      yield* server.shutdown()
      assert.strictEqual((yield* Effect.flip(server.listen))._tag, "ServerClosed")
      yield* isRefused(address)
    })
  },
  {
    name: "S14 listen twice, one after the other and at once, binds once",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const server = yield* recording.of(Server.prepare({ handler: echo }))
      const [first, second] = yield* Effect.all([server.listen, server.listen], { concurrency: "unbounded" })
      assert.deepStrictEqual(second, first)
      assert.deepStrictEqual(yield* server.listen, first)
      assert.strictEqual(recording.tagged("ListenerOpened").length, 1)
      yield* isUsable(server)
    })
  },
  {
    name: "B4 a hook that fails when the server listens fails the start with its reason, and the port is free again",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      yield* server.hardShutdown
      const port = portOf(address) ?? 0
      const error = yield* Effect.flip(Server.serve({ handler: echo, port }, () => Effect.fail("no licence" as const)))
      assert.strictEqual(error, "no licence")
      yield* isUsable(yield* Server.make({ handler: echo, port }))
    })
  },
  {
    name: "B8 ten rounds of start, echo and stop on one address, hard and graceful in turn",
    run: Effect.gen(function* () {
      const first = yield* serve(echo)
      yield* first.server.hardShutdown
      const port = portOf(first.address) ?? 0
      for (let round = 0; round < 10; round++) {
        const server = yield* Server.make({ handler: echo, port })
        assert.deepStrictEqual(yield* server.address, first.address)
        const client = yield* isUsable(server)
        const ending = yield* Effect.forkChild(untilEnd(client), { startImmediately: true })
        yield* round % 2 === 0 ? server.shutdown() : server.hardShutdown
        assert.strictEqual((yield* Fiber.join(ending)).ending, round % 2 === 0 ? "eof" : "ECONNRESET")
        yield* isRefused(first.address)
      }
    })
  },
  {
    name: "S76 listening and stopped are told once each, in this order, and can be awaited late",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const server = yield* recording.of(Server.make({ handler: echo }))
      const early = yield* Effect.forkChild(server.stopped, { startImmediately: true })
      const report = yield* server.shutdown()
      assert.strictEqual(yield* Fiber.join(early), report)
      assert.strictEqual(yield* server.stopped, report)
      assert.deepStrictEqual(recording.tags, ["ListenerOpened", "DrainBegan", "ListenerClosed", "Stopped"])
      assert.strictEqual(recording.tagged("Stopped")[0]?.report, report)
    })
  }
]
