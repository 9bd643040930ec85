import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { bytes } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { atRest, timed } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

const link = { sendBufferBytes: 500, receiveBufferBytes: 500 }
const small = { highWaterMarkBytes: 1000 }
const pushes = (connection: Connection) => Effect.forever(connection.write(bytes("x".repeat(400))))

describe("the write stall timeout", () => {
  inMemory(
    "S60 B55 FF-27 a peer that takes nothing is aborted after it, and who wrote to it is freed",
    Effect.gen(function* () {
      const { dial, endsAfter, server } = yield* timed(Handler.connection(pushes), { ...small, writeStallTimeout: 100 })
      const client = yield* dial
      yield* endsAfter(100, "stalled")
      assert.strictEqual((yield* server.info).connections, 0)
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
    }),
    { link }
  )

  inMemory(
    "S60 FF-27 a peer that takes some now and then is not, however slow it is",
    Effect.gen(function* () {
      const { dial, ended } = yield* timed(Handler.connection(pushes), { ...small, writeStallTimeout: 100 })
      const { connection } = yield* dial
      for (let chunk = 0; chunk < 12; chunk++) {
        yield* TestClock.adjust(90)
        yield* connection.read
        yield* atRest
      }
      assert.deepStrictEqual(ended(), [])
      yield* TestClock.adjust(200)
      assert.deepStrictEqual(ended(), ["stalled"])
    }),
    { link }
  )

  inMemory(
    "S60 FF-27 also where nobody waits to write: after it, and before it has passed twice",
    Effect.gen(function* () {
      const answers = Handler.frames({ codec: text }, () => Effect.succeed("x".repeat(3000)))
      const { dial, ended } = yield* timed(answers, { writeStallTimeout: 100 })
      const client = yield* dial
      yield* TestClock.adjust(70)
      yield* client.send("tell\n")
      yield* atRest
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(ended(), [])
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(ended(), ["stalled"])
    }),
    { link }
  )

  inMemory(
    "S60 FF-41 a connection on which nothing waits to be sent never stalls",
    Effect.gen(function* () {
      const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))
      const { dial, ended } = yield* timed(echo, { writeStallTimeout: 100 })
      const client = yield* dial
      for (let line = 0; line < 10; line++) {
        yield* client.send("ping\n")
        assert.strictEqual(yield* client.line, "ping\n")
        yield* TestClock.adjust(150)
      }
      assert.deepStrictEqual(ended(), [])
    })
  )

  inMemory(
    "S60 FF-27 it counts in a drain too",
    Effect.gen(function* () {
      const { dial, ended, endsAfter, server } = yield* timed(Handler.connection(pushes), {
        ...small,
        writeStallTimeout: 100
      })
      yield* dial
      yield* TestClock.adjust(20)
      yield* Effect.forkChild(server.shutdown({ drainTimeout: "Infinity" }), { startImmediately: true })
      yield* Effect.repeat(Effect.yieldNow, { times: 20 })
      assert.deepStrictEqual(ended(), [])
      yield* endsAfter(80, "stalled")
      yield* server.stopped
    }),
    { link }
  )

  inMemory(
    "S60 without options it is 30 seconds",
    Effect.gen(function* () {
      const { dial, endsAfter } = yield* timed(Handler.connection(pushes), { ...small, writeStallTimeout: undefined })
      yield* dial
      yield* endsAfter(30_000, "stalled")
    }),
    { link }
  )
})
