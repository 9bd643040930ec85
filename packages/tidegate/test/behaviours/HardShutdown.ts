/**
 * The hard shutdown: everybody is cut now, whatever they were doing.
 */
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { bytes, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { held } from "../support/Held.ts"
import { Recording } from "../support/Recording.ts"
import { becomes, isRefused, untilEnd } from "../support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

/** More than both kernels hold. */
const flood = bytes("x".repeat(16_777_216))

export const hardShutdown: ReadonlyArray<Behaviour> = [
  {
    name: "S3 S5 B68 idle clients are reset, new ones refused, and the report counts them",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const clients = yield* Effect.forEach([1, 2, 3], () => connect(address))
      for (const client of clients) {
        yield* client.send("ping\n")
        yield* client.line
      }
      const report = yield* server.hardShutdown
      assert.deepInclude(report, { drained: 0, idleClosed: 0, aborted: 3 })
      for (const client of clients) assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      yield* isRefused(address)
      assert.strictEqual(yield* server.state, "stopped")
    })
  },
  {
    name: "S6 FF-09 a peer that does not read what it is owed cannot hold it up",
    run: Effect.gen(function* () {
      const full = yield* Deferred.make<void>()
      const { address, server } = yield* serve(
        Handler.connection((connection) =>
          connection
            .write(flood)
            .pipe(Effect.andThen(Deferred.succeed(full, undefined)), Effect.andThen(connection.write(flood)))
        )
      )
      const client = yield* connect(address)
      yield* Deferred.await(full)
      assert.deepInclude(yield* server.hardShutdown, { aborted: 1 })
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
    })
  },
  {
    name: "S16 S118 S122 FF-02 FF-06 it completes only after every handler's finalizers",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      const story: Array<string> = []
      const handler = Handler.connection(() =>
        Effect.onExit(Effect.never, (exit) =>
          Effect.andThen(
            Effect.repeat(Effect.yieldNow, { times: 20 }),
            Effect.sync(() =>
              story.push(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "ended")
            )
          )
        )
      )
      const { address, server } = yield* recording.of(serve(handler))
      yield* Effect.forEach([1, 2], () => connect(address))
      yield* recording.until("ConnectionOpened", 2)
      yield* Effect.andThen(
        server.hardShutdown,
        Effect.sync(() => story.push("reported"))
      )
      assert.deepStrictEqual(story, ["interrupted", "interrupted", "reported"])
    })
  },
  {
    name: "S21 S22 S23 S71 closing the server's scope is the hard shutdown: busy connections are cut, new ones refused",
    run: Effect.gen(function* () {
      const { handler, taken } = yield* held
      const scope = yield* Scope.make()
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(Scope.provide(serve(handler), scope))
      const client = yield* connect(address)
      yield* client.send("never answered\n")
      yield* taken
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* server.state, "stopped")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "ECONNRESET" })
      yield* isRefused(address)
      assert.deepInclude(yield* server.stopped, { aborted: 1 })
      assert.deepStrictEqual(recording.tagged("DrainBegan"), [])
    })
  },
  {
    name: "S14 FF-03 everybody who asks for it, before or after its end, gets the same report",
    run: Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      yield* connect(address)
      const reports = yield* Effect.all([server.hardShutdown, server.hardShutdown, server.shutdown(), server.stopped], {
        concurrency: "unbounded"
      })
      for (const report of reports) assert.strictEqual(report, reports[0])
      assert.strictEqual(yield* server.hardShutdown, reports[0])
      assert.strictEqual(yield* server.shutdown(), reports[0])
    })
  },
  {
    name: "S12 S24 it overtakes a graceful shutdown that waits for a handler, for both callers",
    run: Effect.gen(function* () {
      const { handler, taken } = yield* held
      const { address, server } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("never answered\n")
      yield* taken
      const graceful = yield* Effect.forkChild(server.shutdown({ drainTimeout: "Infinity" }), {
        startImmediately: true
      })
      yield* becomes(server, "draining")
      const report = yield* server.hardShutdown
      assert.deepInclude(report, { drained: 0, aborted: 1 })
      assert.strictEqual(yield* Fiber.join(graceful), report)
      assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "ECONNRESET" })
    })
  },
  ...(["graceful first", "hard first"] as const).map(
    (order): Behaviour => ({
      name: `S24 both in one step, ${order}: hard wins`,
      run: Effect.gen(function* () {
        const recording = yield* Recording.make
        const { handler, taken } = yield* held
        const { address, server } = yield* recording.of(serve(handler))
        const client = yield* connect(address)
        yield* client.send("never answered\n")
        yield* taken
        const kinds = [server.shutdown({ drainTimeout: "Infinity" }), server.hardShutdown]
        const fibers = yield* Effect.forEach(order === "hard first" ? kinds.reverse() : kinds, (kind) =>
          Effect.forkChild(kind, { startImmediately: true })
        )
        const [first, second] = yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber))
        assert.strictEqual(first, second)
        assert.deepInclude(first, { drained: 0, aborted: 1 })
        assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "ECONNRESET" })
        assert.strictEqual(recording.tagged("ListenerClosed").length, 1)
        assert.strictEqual(recording.tagged("Stopped").length, 1)
      })
    })
  ),
  {
    name: "S68 S124 a handler is interrupted once, at once, and its scope is released",
    run: Effect.gen(function* () {
      const recording = yield* Recording.make
      let interrupted = 0
      let released = 0
      const handler = Handler.connection(() =>
        Effect.gen(function* () {
          yield* Effect.addFinalizer(() => Effect.sync(() => void released++))
          return yield* Effect.onInterrupt(Effect.never, () => Effect.sync(() => void interrupted++))
        })
      )
      const { address, server } = yield* recording.of(serve(handler))
      yield* Effect.forEach([1, 2, 3], () => connect(address))
      yield* recording.until("ConnectionOpened", 3)
      yield* server.hardShutdown
      assert.deepStrictEqual([interrupted, released], [3, 3])
      assert.deepStrictEqual(
        recording.tagged("ConnectionEnded").map(({ reason }) => reason),
        ["aborted", "aborted", "aborted"]
      )
    })
  },
  {
    name: "S21 hardShutdown reaches the connections of its own server only",
    run: Effect.gen(function* () {
      const one = yield* serve(echo)
      const other = yield* serve(echo)
      const client = yield* connect(other.address)
      yield* one.server.hardShutdown
      yield* client.send("still here\n")
      assert.strictEqual(yield* client.line, "still here\n")
      assert.strictEqual(yield* other.server.state, "running")
    })
  },
  {
    name: "S71 interrupting serve is the hard shutdown",
    run: Effect.gen(function* () {
      const listening = yield* Deferred.make<Server.Server["Service"]>()
      const serving = yield* Effect.forkChild(
        Server.serve({ handler: echo }, (server) => Deferred.succeed(listening, server))
      )
      const server = yield* Deferred.await(listening)
      const address = yield* server.address
      const client = yield* connect(address)
      yield* client.send("ping\n")
      yield* client.line
      yield* Fiber.interrupt(serving)
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      yield* isRefused(address)
      assert.strictEqual(yield* server.state, "stopped")
    })
  }
]
