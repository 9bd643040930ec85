import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { connect } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { Recording } from "./support/Recording.ts"
import { turns } from "./support/Simulation.ts"
import { untilEnd } from "./support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

describe("an event sink that stops the server", () => {
  for (const tag of [
    "ListenerOpened",
    "ConnectionOpened",
    "DrainBegan",
    "ListenerClosed",
    "ConnectionEnded"
  ] as const) {
    for (const kind of ["shutdown", "hardShutdown"] as const) {
      inMemory(
        `S14 S24 S42 B94 inside ${tag}, with ${kind}: one end, told once`,
        Effect.gen(function* () {
          const recording = yield* Recording.make
          const context = yield* Effect.context<never>()
          const server = yield* recording.of(Server.prepare({ handler: echo }))
          recording.onEvent = (event) => {
            if (event._tag !== tag) return
            Effect.runForkWith(context)(kind === "shutdown" ? server.shutdown() : server.hardShutdown)
          }
          const address = yield* Effect.exit(server.listen)
          if (address._tag === "Success") {
            const visit = Effect.flatMap(connect(address.value), untilEnd)
            yield* Effect.forkChild(Effect.exit(visit), { startImmediately: true })
          }
          yield* server.shutdown()
          assert.strictEqual(yield* server.state, "stopped")
          // For what would still go on.
          yield* turns(10)
          assert.isAtMost(recording.tagged("DrainBegan").length, 1)
          assert.strictEqual(recording.tagged("ListenerClosed").length, 1)
          assert.strictEqual(recording.tagged("Stopped").length, 1)
          assert.strictEqual(recording.tagged("ConnectionOpened").length, recording.tagged("ConnectionEnded").length)
          assert.strictEqual(recording.tags.at(-1), "Stopped")
        })
      )
    }
  }
})

describe("an event sink that is told of a connection that has to wait", () => {
  const full = { handler: echo, maxConnections: 0, atLimit: "wait", waitTimeout: "Infinity" } as const

  inMemory(
    "B30 B94 and raises the limit: it is served at once",
    Effect.gen(function* () {
      const recording = yield* Recording.make
      const context = yield* Effect.context<never>()
      const server = yield* recording.of(Server.make(full))
      recording.onEvent = ({ _tag }) => {
        if (_tag === "ConnectionParked") Effect.runForkWith(context)(server.reload({ maxConnections: 1 }))
      }
      const client = yield* connect(yield* server.address)
      yield* client.send("hello\n")
      assert.strictEqual(yield* client.line, "hello\n")
      assert.deepInclude(yield* server.info, { connections: 1, parked: 0 })
    })
  )

  inMemory(
    "S24 B94 and shuts down hard: it is shed before the report",
    Effect.gen(function* () {
      const recording = yield* Recording.make
      const context = yield* Effect.context<never>()
      const server = yield* recording.of(Server.make(full))
      recording.onEvent = ({ _tag }) => {
        if (_tag === "ConnectionParked") Effect.runForkWith(context)(server.hardShutdown)
      }
      const client = yield* connect(yield* server.address)
      assert.deepInclude(yield* server.stopped, { aborted: 0, shed: 1 })
      assert.deepStrictEqual(recording.tags.slice(-2), ["ConnectionShed", "Stopped"])
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
    })
  )
})
