import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Handler from "tidegate/Handler"
import { bytes } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { polite, timed } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

describe("the half-close timeout", () => {
  const lingers = Handler.connection((connection) => Effect.andThen(Effect.ignore(connection.read), Effect.never))

  inMemory(
    "FF-18 a handler that goes on for ever after the peer's FIN is told, then cut",
    Effect.gen(function* () {
      const { dial, ended, endsAfter, server } = yield* timed(lingers, { halfCloseTimeout: 100, closeTimeout: 40 })
      const client = yield* dial
      yield* TestClock.adjust(500)
      assert.deepStrictEqual(ended(), [])
      yield* client.end
      yield* endsAfter(140, "half-close-timeout")
      assert.strictEqual((yield* server.info).connections, 0)
    })
  )

  for (const drains of [false, true]) {
    inMemory(
      drains
        ? "FF-18 does not count in a drain of all, which has a deadline of its own, also for who was drained alone before"
        : "FF-18 counts also for who was drained alone",
      Effect.gen(function* () {
        const options = { halfCloseTimeout: 100, closeTimeout: 40, drainTimeout: 1000 }
        const { dial, endsAfter, server } = yield* timed(lingers, options)
        const client = yield* dial
        yield* client.end
        assert.isTrue(yield* server.close(1, "enough"))
        if (drains) yield* server.restart()
        yield* drains ? endsAfter(1000, "aborted") : endsAfter(140, "half-close-timeout")
      })
    )
  }

  inMemory(
    "FF-18 one that listens ends by itself, politely",
    Effect.gen(function* () {
      const listens = Handler.connection((connection) =>
        Effect.gen(function* () {
          yield* Effect.ignore(connection.read)
          yield* connection.draining
          yield* connection.write(bytes("bye\n"))
        })
      )
      const { dial, endsAfter } = yield* timed(listens, { halfCloseTimeout: 100, closeTimeout: 40 })
      const client = yield* dial
      yield* client.end
      yield* endsAfter(100, "half-close-timeout")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "bye\n", ending: "eof" })
    })
  )

  inMemory(
    "FF-18 what was asked before the FIN may take its time up to then",
    Effect.gen(function* () {
      const slow = Handler.frames({ codec: text }, (line) => Effect.as(Effect.sleep(90), line))
      const { dial, endsAfter } = yield* timed(slow, { halfCloseTimeout: 100, closeTimeout: 40 })
      const client = yield* dial
      yield* client.send("work\n")
      yield* client.end
      yield* endsAfter(90, "eof")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "work\n", ending: "eof" })
    })
  )

  inMemory(
    "FF-18 without options it is 30 seconds",
    Effect.gen(function* () {
      const { dial, endsAfter } = yield* timed(lingers, { halfCloseTimeout: undefined })
      const client = yield* dial
      yield* polite(client)
      yield* client.end
      yield* endsAfter(35_000, "half-close-timeout")
    })
  )
})
