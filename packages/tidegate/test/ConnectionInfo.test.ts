/**
 * What a connection looks like from outside, as time goes by.
 */
import { assert, describe } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Handler from "tidegate/Handler"
import type { Server } from "tidegate/Server"
import { bytes, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"

const only = Effect.fnUntraced(function* (server: Server["Service"]) {
  const [info, ...others] = yield* server.connections
  assert.deepStrictEqual(others, [])
  assert.isDefined(info)
  return { ...info, age: Duration.toMillis(info?.age ?? 0), idle: Duration.toMillis(info?.idle ?? 0) }
})

describe("a connection, looked at", () => {
  inMemory(
    "B82 its age goes on; what it is idle begins anew with a byte and stands still while the handler works",
    Effect.gen(function* () {
      const handler = Handler.frames({ codec: text }, (line) => Effect.as(Effect.sleep("3 seconds"), line))
      const { address, server } = yield* serve(handler)
      const client = yield* connect(address)
      yield* server.awaitConnections((connections) => connections === 1)
      yield* TestClock.adjust("5 seconds")
      assert.deepInclude(yield* only(server), { age: 5000, idle: 5000, inFlight: 0, state: "open" })
      yield* client.send("slow\n")
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* only(server), { age: 7000, idle: 0, inFlight: 1, bytesIn: 5 })
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* client.line, "slow\n")
      assert.deepInclude(yield* only(server), { age: 10_000, idle: 2000, inFlight: 0, bytesOut: 5 })
    })
  )

  inMemory(
    "B82 it is not idle before its handler waits for input",
    Effect.gen(function* () {
      const handler = Handler.connection((connection) =>
        Effect.andThen(Effect.sleep("3 seconds"), Effect.ignore(connection.read))
      )
      const { address, server } = yield* serve(handler)
      yield* connect(address)
      yield* server.awaitConnections((connections) => connections === 1)
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* only(server), { age: 2000, idle: 0 })
      yield* TestClock.adjust("2 seconds")
      assert.deepInclude(yield* only(server), { age: 4000, idle: 1000 })
    })
  )

  inMemory(
    "B82 told, it drains; with bytes on their way it is ending; after its FIN it lingers",
    Effect.gen(function* () {
      const handler = Handler.connection((connection) =>
        Effect.andThen(
          connection.draining,
          Effect.andThen(Effect.sleep("1 second"), connection.write(bytes("goodbye")))
        )
      )
      const { address, server } = yield* serve(handler)
      const client = yield* connect(address)
      yield* server.awaitConnections((connections) => connections === 1)
      assert.isTrue(yield* server.close(1))
      assert.deepInclude(yield* only(server), { state: "draining", inFlight: 1 })
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* only(server), { state: "ending", inFlight: 0 })
      yield* Effect.repeat(client.connection.read, { times: "goodbye".length - 1 })
      yield* TestClock.adjust(0)
      assert.deepInclude(yield* only(server), { state: "lingering" })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* server.connections, [])
    }),
    { link: { sendBufferBytes: 1, receiveBufferBytes: 1 } }
  )
})
