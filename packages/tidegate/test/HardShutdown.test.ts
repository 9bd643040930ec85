import { assert, describe } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { bytes, type Client, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { Recording } from "./support/Recording.ts"
import { turns } from "./support/Simulation.ts"
import { untilEnd } from "./support/Watching.ts"

const flood = bytes("x".repeat(1_000_000))

/** Handlers at work when the hard shutdown comes. */
const handlers = {
  "waiting for input": Handler.frames({ codec: text }, (line) => Effect.succeed(line)),
  "never ending": Handler.frames({ codec: text }, () => Effect.never),
  "several never ending at once": Handler.frames({ codec: text, concurrency: 8 }, () => Effect.never),
  asleep: Handler.frames({ codec: text }, () => Effect.sleep("1 hour")),
  "writing what nobody reads": Handler.connection((connection) => Effect.forever(connection.write(flood))),
  "ended, its bytes still owed": Handler.connection((connection) => connection.write(flood)),
  "ended, its peer lingering": Handler.connection((connection) => connection.write(bytes("bye\n")))
} as const

/** What peers do meanwhile. */
const peers = {
  silent: () => Effect.void,
  talking: (client: Client) => client.send("one\ntwo\n"),
  "half-closed": (client: Client) => Effect.andThen(client.send("one\n"), client.end)
} as const

describe("a hard shutdown takes no time", () => {
  for (const [work, handler] of Object.entries(handlers)) {
    for (const [manner, act] of Object.entries(peers)) {
      inMemory(
        `S5 S6 I-L1 FF-09 handler ${work}, peer ${manner}`,
        Effect.gen(function* () {
          const recording = yield* Recording.make
          const { address, server } = yield* recording.of(serve(handler))
          for (let client = 0; client < 3; client++) yield* act(yield* connect(address))
          yield* recording.until("ConnectionOpened", 3)
          yield* Effect.repeat(Effect.yieldNow, { times: 20 })
          const { connections } = yield* server.info
          const report = yield* server.hardShutdown
          assert.deepInclude(report, { aborted: connections, drained: 0, idleClosed: 0, elapsed: Duration.zero })
          assert.strictEqual(recording.tagged("ConnectionEnded").length, 3)
        })
      )
    }
  }

  inMemory(
    "FF-20 a connection that its peer has reset before is not called aborted",
    Effect.gen(function* () {
      const recording = yield* Recording.make
      const lost = yield* Deferred.make<void>()
      const { address, server } = yield* recording.of(
        serve(
          Handler.connection((connection) =>
            Effect.exit(connection.read).pipe(
              Effect.andThen(Deferred.succeed(lost, undefined)),
              Effect.andThen(Effect.never)
            )
          )
        )
      )
      const client = yield* connect(address)
      yield* recording.until("ConnectionOpened")
      yield* client.connection.abort
      yield* Deferred.await(lost)
      assert.deepInclude(yield* server.hardShutdown, { aborted: 0, drained: 1 })
      assert.deepInclude(recording.tagged("ConnectionEnded")[0], { reason: "reset" })
    })
  )

  inMemory(
    "S122 I-L1 an uninterruptible handler is cut off at once, and waited for",
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const { address, server } = yield* serve(
        Handler.connection(() =>
          Effect.uninterruptible(Effect.andThen(Deferred.succeed(begun, undefined), Effect.sleep("5 seconds")))
        )
      )
      const client = yield* connect(address)
      yield* Deferred.await(begun)
      const shutdown = yield* Effect.forkChild(server.hardShutdown, { startImmediately: true })
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
      yield* TestClock.adjust("4999 millis")
      assert.strictEqual(shutdown.pollUnsafe(), undefined)
      yield* TestClock.adjust("1 millis")
      assert.deepInclude(yield* Fiber.join(shutdown), { aborted: 1 })
    })
  )

  inMemory(
    "S122 I-L1 a handler's slow finalizer holds the report, not the sockets",
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const { address, server } = yield* serve(
        Handler.connection(() =>
          Effect.ensuring(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never), Effect.sleep("2 seconds"))
        )
      )
      const client = yield* connect(address)
      yield* Deferred.await(begun)
      // The first sleep under TestClock has an interruptible step in it, which would end this finalizer.
      yield* TestClock.adjust(0)
      const shutdown = yield* Effect.forkChild(server.hardShutdown, { startImmediately: true })
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      assert.strictEqual(shutdown.pollUnsafe(), undefined)
      assert.strictEqual(yield* server.state, "draining")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(Duration.toMillis((yield* Fiber.join(shutdown)).elapsed), 2000)
    })
  )
})

describe("a hard shutdown by who has just been told of the graceful one", () => {
  const waits = {
    address: (server: Server.Server["Service"]) => server.address,
    suspend: (server: Server.Server["Service"]) => server.suspend()
  }
  for (const [name, wait] of Object.entries(waits)) {
    inMemory(
      `S14 S24 in the step in which ${name} fails: one end, told once`,
      Effect.gen(function* () {
        const recording = yield* Recording.make
        const server = yield* recording.of(Server.prepare({ handler: handlers["never ending"] }))
        const isListening = name === "suspend"
        if (isListening) {
          yield* Effect.flatMap(connect(yield* server.listen), (client) => client.send("work\n"))
          yield* recording.until("ConnectionOpened")
        }
        const hard = Effect.catchTag(Effect.asVoid(wait(server)), "ServerClosed", () => server.hardShutdown)
        yield* Effect.forkChild(hard, { startImmediately: true })
        // Until the suspension sweeps.
        yield* Effect.yieldNow
        const report = yield* server.shutdown()
        yield* turns(10)
        assert.strictEqual(report.aborted, isListening ? 1 : 0)
        assert.strictEqual(recording.tagged("Stopped").length, 1)
        assert.strictEqual(recording.tags.at(-1), "Stopped")
      })
    )
  }
})
