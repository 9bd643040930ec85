import { assert, describe } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import * as Handler from "tidegate/Handler"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { atRest, polite, timed } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

const echo = Handler.frames({ codec: text, onDrain: () => Effect.succeed("bye") }, (line) => Effect.succeed(line))

describe("the greatest age", () => {
  inMemory(
    "B57 a connection is drained at it, however busy it is, and not cut",
    Effect.gen(function* () {
      const { dial, ended } = yield* timed(echo, { maxAge: 1000, maxAgeJitter: 0 })
      const client = yield* dial
      for (let line = 0; line < 9; line++) {
        yield* TestClock.adjust(100)
        yield* client.send("ping\n")
        assert.strictEqual(yield* client.line, "ping\n")
      }
      yield* TestClock.adjust(99)
      assert.deepStrictEqual(ended(), [])
      const reading = yield* polite(client)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(ended(), ["max-age"])
      assert.deepStrictEqual(yield* Fiber.join(reading), { text: "bye\n", ending: "eof" })
    })
  )

  inMemory(
    "B57 a frame in flight is answered first",
    Effect.gen(function* () {
      const slow = Handler.frames({ codec: text }, (line) => Effect.as(Effect.sleep(500), line))
      const { dial, endsAfter } = yield* timed(slow, { maxAge: 1000, maxAgeJitter: 0, closeTimeout: 10 })
      const client = yield* dial
      const reading = yield* polite(client)
      yield* TestClock.adjust(900)
      yield* client.send("work\n")
      yield* endsAfter(500, "max-age")
      assert.deepStrictEqual(yield* Fiber.join(reading), { text: "work\n", ending: "eof" })
    })
  )

  inMemory(
    "B57 who does not end is cut after the drain timeout",
    Effect.gen(function* () {
      const never = Handler.frames({ codec: text }, () => Effect.never)
      const { dial, endsAfter } = yield* timed(never, { maxAge: 1000, maxAgeJitter: 0, drainTimeout: 300 })
      const client = yield* dial
      yield* client.send("work\n")
      yield* endsAfter(1300, "max-age")
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
    })
  )

  inMemory(
    "B57 a handler whose peer is gone already is cut at the drain timeout too, and until then nobody looks again and again",
    Effect.gen(function* () {
      const census = new FiberCensus()
      const busy = Handler.connection((connection) => Effect.andThen(connection.read, Effect.never))
      const options = { maxAge: 1000, maxAgeJitter: 0, drainTimeout: 300 }
      const { dial, endsAfter } = yield* census.within(timed(busy, options))
      const client = yield* dial
      yield* client.send("work\n")
      yield* atRest
      yield* client.connection.abort
      yield* TestClock.adjust(999)
      const before = census.started
      yield* Effect.raceFirst(endsAfter(301, "reset"), Effect.repeat(Effect.yieldNow, { times: 10_000 }))
      assert.isBelow(census.started - before, 10)
    })
  )

  inMemory(
    "B57 counts also for who was drained alone and does not end",
    Effect.gen(function* () {
      const never = Handler.frames({ codec: text }, () => Effect.never)
      const { dial, endsAfter, server } = yield* timed(never, { maxAge: 1000, maxAgeJitter: 0, drainTimeout: 300 })
      const client = yield* dial
      yield* client.send("work\n")
      yield* atRest
      assert.isTrue(yield* server.close(1, "enough"))
      yield* endsAfter(1300, "max-age")
    })
  )

  inMemory(
    "B57 the jitter is drawn for each connection, so that those that came together do not leave together",
    Effect.gen(function* () {
      const { dial, recording, server } = yield* timed(echo, { maxAge: 1000 }).pipe(Random.withSeed("jitter"))
      for (let client = 0; client < 40; client++) yield* polite(yield* dial)
      yield* TestClock.adjust(999)
      assert.strictEqual((yield* server.info).connections, 40)
      yield* TestClock.adjust(101)
      const ages = recording.tagged("ConnectionEnded").map(({ milliseconds }) => milliseconds)
      assert.strictEqual(ages.length, 40)
      assert.isTrue(ages.every((age) => age >= 1000 && age <= 1100))
      assert.isAbove(new Set(ages).size, 20)
    })
  )

  inMemory(
    "B57 by default there is none",
    Effect.gen(function* () {
      const { dial, ended } = yield* timed(echo, {})
      yield* dial
      yield* TestClock.adjust("4000 days")
      assert.deepStrictEqual(ended(), [])
    })
  )
})
