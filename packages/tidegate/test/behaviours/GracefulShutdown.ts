/**
 * The graceful shutdown: nothing new is taken, what is there finishes.
 */
import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { held } from "../support/Held.ts"
import { Recording } from "../support/Recording.ts"
import { becomes, isRefused, untilEnd } from "../support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

const begin = (server: Server.Server["Service"]) =>
  Effect.forkChild(server.shutdown({ drainTimeout: "Infinity" }), { startImmediately: true })

export const gracefulShutdown: ReadonlyArray<Behaviour> = [
  {
    name: "S7 S70 S73 S114 FF-01 B79 idle connections end at once, with EOF, and the shutdown returns",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const talkative = yield* connect(address)
      yield* talkative.send("ping\n")
      yield* talkative.line
      const silent = yield* connect(address)
      const ends = yield* Effect.forkChild(Effect.all([untilEnd(talkative), untilEnd(silent)], { concurrency: 2 }))
      const report = yield* server.shutdown({ drainTimeout: "Infinity" })
      assert.deepInclude(report, { idleClosed: 2, drained: 0, aborted: 0 })
      for (const end of yield* Fiber.join(ends)) assert.deepStrictEqual(end, { text: "", ending: "eof" })
    })
  },
  {
    name: "S70 B66 an idle listener closes without needing one more connection, and new clients are refused",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      assert.deepInclude(yield* server.shutdown({ drainTimeout: "Infinity" }), {
        drained: 0,
        idleClosed: 0,
        aborted: 0,
        swept: 0
      })
      yield* isRefused(address)
    })
  },
  {
    name: "S8 S20 S69 S113 B66 B69 work in progress is finished: new clients are refused, the reply arrives, then EOF",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const { handler, release, taken, told } = yield* held
      const { address, server } = yield* recording.of(serve(handler))
      const client = yield* connect(address)
      yield* client.send("slow\n")
      yield* taken
      const draining = yield* begin(server)
      yield* told
      assert.strictEqual(yield* server.state, "draining")
      yield* isRefused(address)
      assert.deepInclude(yield* server.info, { connections: 1, inFlight: 1 })
      yield* release
      assert.deepStrictEqual(yield* untilEnd(client), { text: "slow\n", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(draining), { drained: 1, idleClosed: 0, aborted: 0 })
    })
  },
  {
    name: "FF-04 a connection that becomes idle during the drain ends right then",
    run: Effect.gen(function* () {
      const { handler, release, taken, told } = yield* held
      const { address, server } = yield* serve(handler)
      const [first, second] = yield* Effect.all([connect(address), connect(address)])
      yield* first.send("one\n")
      yield* taken
      yield* second.send("two\n")
      yield* taken
      const draining = yield* begin(server)
      yield* told
      yield* told
      yield* release
      assert.deepStrictEqual(yield* untilEnd(second), { text: "two\n", ending: "eof" })
      assert.deepStrictEqual(yield* untilEnd(first), { text: "one\n", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(draining), { drained: 2, idleClosed: 0 })
    })
  },
  {
    name: "S58 S108 S111 S126 FF-02 nothing is taken or handled after the drain was told: neither a client nor a line",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const lines: Array<string> = []
      const { onFrame, release, taken, told } = yield* held
      const { address, server } = yield* recording.of(
        serve(
          Handler.frames({ codec: text }, (line, connection) => {
            lines.push(line)
            return onFrame(line, connection)
          })
        )
      )
      const client = yield* connect(address)
      yield* client.send("slow\n")
      yield* taken
      const draining = yield* begin(server)
      yield* told
      yield* isRefused(address)
      yield* client.send("late\n")
      // Whoever still reads would read up to this end.
      yield* client.end
      yield* release
      assert.deepStrictEqual(yield* untilEnd(client), { text: "slow\n", ending: "eof" })
      yield* Fiber.join(draining)
      assert.deepStrictEqual(lines, ["slow"])
      assert.strictEqual(recording.tagged("ConnectionOpened").length, 1)
    })
  },
  {
    name: "S14 FF-03 every caller, early or late, gets the same report",
    run: Effect.gen(function* () {
      const { handler, release, taken, told } = yield* held
      const { address, server } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("slow\n")
      yield* taken
      const callers = yield* Effect.forEach([1, 2, 3], () => begin(server))
      const watcher = yield* Effect.forkChild(server.stopped, { startImmediately: true })
      yield* told
      yield* release
      yield* untilEnd(client)
      const report = yield* server.shutdown()
      for (const caller of [...callers, watcher]) assert.strictEqual(yield* Fiber.join(caller), report)
      assert.strictEqual(yield* server.hardShutdown, report)
      assert.deepInclude(report, { drained: 1 })
    })
  },
  {
    name: "B9 a caller that is interrupted undoes nothing; the next one gets the report",
    run: Effect.gen(function* () {
      const { handler, release, taken, told } = yield* held
      const { address, server } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("slow\n")
      yield* taken
      const caller = yield* begin(server)
      yield* told
      yield* Fiber.interrupt(caller)
      assert.strictEqual(yield* server.state, "draining")
      const again = yield* begin(server)
      yield* release
      assert.deepStrictEqual(yield* untilEnd(client), { text: "slow\n", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(again), { drained: 1, aborted: 0 })
    })
  },
  {
    name: "S69 S72 FF-06 FF-67 serve goes on until the last connection has ended, then succeeds with the report",
    run: Effect.gen(function* () {
      const story: Array<string> = []
      const { handler, release, taken } = yield* held
      const noting = Handler.connection((connection) =>
        Effect.ensuring(
          handler.serve(connection),
          Effect.sync(() => story.push("handler ended"))
        )
      )
      const listening = yield* Deferred.make<Server.Server["Service"]>()
      const serving = yield* Server.serve({ handler: noting }, (server) => Deferred.succeed(listening, server)).pipe(
        Effect.tap(() => Effect.sync(() => story.push("serve ended"))),
        Effect.forkChild
      )
      const server = yield* Deferred.await(listening)
      const client = yield* connect(yield* server.address)
      yield* client.send("slow\n")
      yield* taken
      const draining = yield* begin(server)
      yield* becomes(server, "draining")
      story.push("release")
      yield* release
      yield* untilEnd(client)
      assert.strictEqual(yield* Fiber.join(serving), yield* Fiber.join(draining))
      assert.deepStrictEqual(story, ["release", "handler ended", "serve ended"])
    })
  },
  {
    name: "S123 S124 every handler is told once and at once, says goodbye, and only then is all done",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const story: Array<string> = []
      const handler = Handler.connection((connection) =>
        Effect.gen(function* () {
          yield* connection.draining
          story.push("told")
          yield* connection.write(new TextEncoder().encode("goodbye\n"))
          story.push("handler done")
        })
      )
      const { address, server } = yield* recording.of(serve(handler))
      const clients = yield* Effect.forEach([1, 2, 3], () => connect(address))
      yield* recording.until("ConnectionOpened", 3)
      const ends = yield* Effect.forkChild(Effect.forEach(clients, untilEnd, { concurrency: 3 }))
      story.push("shutdown")
      const report = yield* server.shutdown({ drainTimeout: "Infinity" })
      story.push("all done")
      assert.deepStrictEqual(yield* Fiber.join(ends), Array(3).fill({ text: "goodbye\n", ending: "eof" }))
      assert.strictEqual(story.filter((line) => line === "told").length, 3)
      assert.strictEqual(story.filter((line) => line === "handler done").length, 3)
      assert.strictEqual(story[0], "shutdown")
      assert.strictEqual(story[story.length - 1], "all done")
      assert.deepInclude(report, { drained: 3 })
    })
  },
  {
    name: "S110 S118 FF-13 the listener goes first, what handlers depend on last",
    run: Effect.gen(function* () {
      const story: Array<string> = []
      const recording = yield* Recording.make
      recording.onEvent = (event) => void story.push(event._tag)
      const { handler, release, taken } = yield* held
      const program = Effect.gen(function* () {
        yield* Effect.acquireRelease(
          Effect.sync(() => story.push("pool opened")),
          () => Effect.sync(() => story.push("pool closed"))
        )
        const { address, server } = yield* recording.of(serve(handler))
        const client = yield* connect(address)
        yield* client.send("slow\n")
        yield* taken
        const draining = yield* begin(server)
        yield* recording.until("ListenerClosed")
        yield* release
        yield* untilEnd(client)
        yield* Fiber.join(draining)
      })
      yield* Effect.scoped(program)
      assert.deepStrictEqual(story, [
        "pool opened",
        "ListenerOpened",
        "ConnectionOpened",
        "DrainBegan",
        "ListenerClosed",
        "ConnectionEnded",
        "Stopped",
        "pool closed"
      ])
    })
  }
]
