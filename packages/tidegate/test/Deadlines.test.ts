import { assert, describe } from "@effect/vitest"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import * as Handler from "tidegate/Handler"
import * as Server from "tidegate/Server"
import { Deadlines, type Watched } from "../src/Deadlines.ts"
import { millisecondsOf } from "../src/DrainDeadline.ts"
import { liveSettings } from "../src/LiveSettings.ts"
import { bytes, connect } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { atRest, polite, timed } from "./support/Timed.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

/** The clock, and how often somebody went to sleep by it. */
const counting = Effect.map(Clock.Clock, (clock) => {
  const naps: Array<number> = []
  const lengths: Array<number> = []
  const counted: Clock.Clock = {
    ...clock,
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe(),
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    sleep: (duration: Duration.Duration) => {
      naps.push(clock.currentTimeMillisUnsafe())
      lengths.push(Duration.toMillis(duration))
      return clock.sleep(duration)
    }
  }
  return { counted, lengths, naps }
})

describe("the deadlines of a server", () => {
  inMemory(
    "B54 a first byte that has come is not looked for any more",
    Effect.gen(function* () {
      const { counted, naps } = yield* counting
      const waiting = timed(echo, { firstByteTimeout: 10 }).pipe(Effect.provideService(Clock.Clock, counted))
      const client = yield* (yield* waiting).dial
      yield* client.send("ping\n")
      yield* atRest
      const before = naps.length
      yield* TestClock.adjust(1000)
      assert.isAtMost(naps.length - before, 1)
    })
  )

  inMemory(
    "B54 ten thousand chunks arm no timer, and each timeout arms at most one",
    Effect.gen(function* () {
      const { counted, naps } = yield* counting
      const { dial, ended } = yield* timed(echo, {
        idleTimeout: 1000,
        frameTimeout: 1000,
        writeStallTimeout: 1000
      }).pipe(Effect.provideService(Clock.Clock, counted))
      const client = yield* dial
      const before = naps.length
      for (let chunk = 0; chunk < 10_000; chunk++) {
        yield* client.send("ping\n")
        assert.strictEqual(yield* client.line, "ping\n")
      }
      assert.strictEqual(naps.length, before)
      for (let wait = 0; wait < 100; wait++) {
        yield* TestClock.adjust(100)
        yield* client.send("ping\n")
        assert.strictEqual(yield* client.line, "ping\n")
      }
      assert.isAtMost(naps.length - before, 11)
      assert.deepStrictEqual(ended(), [])
    })
  )

  inMemory(
    "FF-44 no sleep is longer than a host's timer can count, however far the deadline",
    Effect.gen(function* () {
      const { counted, lengths } = yield* counting
      const { dial, ended } = yield* timed(echo, { idleTimeout: 2 ** 33 }).pipe(
        Effect.provideService(Clock.Clock, counted)
      )
      yield* polite(yield* dial)
      yield* TestClock.adjust(2 ** 33 - 1)
      assert.deepStrictEqual(ended(), [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(ended(), ["idle-timeout"])
      assert.isAbove(lengths.length, 3)
      assert.isTrue(lengths.every((length) => length < 2 ** 31))
    })
  )

  inMemory(
    "I-S3 a thousand connections share one sleeper, which ends with the server; they have fibers once there was something to run",
    Effect.gen(function* () {
      // The first sleeper under TestClock starts a fiber that warns of a clock nobody turns.
      yield* TestClock.adjust(0)
      const census = new FiberCensus()
      const mixed = Handler.frames({ codec: text }, (line) =>
        line === "pong" ? Effect.as(Effect.yieldNow, line) : Effect.succeed(line)
      )
      const server = yield* census.within(Server.make({ handler: mixed }))
      const address = yield* server.address
      const running = census.alive
      for (let client = 0; client < 1000; client++) {
        const { connection } = yield* connect(address)
        for (const line of client % 100 === 0 ? ["ping\n", "pong\n", "ping\n"] : ["ping\n", "ping\n"]) {
          yield* connection.write(bytes(line))
          yield* connection.read
        }
      }
      assert.strictEqual(census.alive, running + 10 + 1)
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(census.alive, running + 10 + 1)
      yield* server.hardShutdown
      assert.strictEqual(census.alive, 0)
    })
  )

  inMemory(
    "B48 a thousand that are due at once all end then",
    Effect.gen(function* () {
      const { dial, ended } = yield* timed(echo, { idleTimeout: 100 })
      for (let client = 0; client < 1000; client++) yield* polite(yield* dial)
      yield* TestClock.adjust(99)
      assert.strictEqual(ended().length, 0)
      yield* TestClock.adjust(1)
      assert.strictEqual(ended().length, 1000)
    })
  )

  inMemory(
    "B60 a timeout that is changed counts at once, for those who wait already too",
    Effect.gen(function* () {
      const { dial, ended, endsAfter, server } = yield* timed(echo, {})
      yield* polite(yield* dial)
      yield* TestClock.adjust(500)
      yield* server.reload({ idleTimeout: 600 })
      yield* endsAfter(100, "idle-timeout")
      yield* polite(yield* dial)
      yield* TestClock.adjust(100)
      yield* server.reload({ idleTimeout: "Infinity" })
      yield* TestClock.adjust(10_000)
      assert.strictEqual(ended().length, 1)
      yield* server.reload({ idleTimeout: 200 })
      yield* atRest
      assert.strictEqual(ended().length, 2)
    })
  )

  inMemory(
    "one that cannot be acted on does not keep the others from being acted on",
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const random = yield* Random.Random
      const run = Effect.runForkWith(yield* Effect.context<never>())
      const deadlines = new Deadlines({ live: { current: liveSettings({}) }, clock, random, run })
      const looked: Array<string> = []
      const watched = (name: string, look: () => number): Watched => ({
        dueAt: 0,
        place: -1,
        lookUnsafe: () => {
          looked.push(`${name} at ${deadlines.now()}`)
          return look()
        }
      })
      const broken = watched("broken", () => {
        throw new Error("broken")
      })
      const others = [1, 2].map((number) => watched(`other ${number}`, () => deadlines.now() + 10))
      deadlines.watchUnsafe(broken, 5)
      for (const other of others) deadlines.watchUnsafe(other, 5)
      yield* TestClock.adjust(20)
      assert.deepStrictEqual(looked.toSorted(), [
        "broken at 5",
        "other 1 at 15",
        "other 1 at 5",
        "other 2 at 15",
        "other 2 at 5"
      ])
      yield* deadlines.end
    })
  )

  inMemory(
    "B54 FF-44 a server that began between two milliseconds looks once, and never before its time",
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const random = yield* Random.Random
      const run = Effect.runForkWith(yield* Effect.context<never>())
      // Of these (1 + 0.007) - 0.007 is less than 1.
      for (const micros of [1, 7, 350, 999]) {
        yield* TestClock.adjust(Duration.micros(BigInt(micros)))
        const deadlines = new Deadlines({ live: { current: liveSettings({}) }, clock, random, run })
        const began = millisecondsOf(clock)
        const looks: Array<readonly [isDue: boolean, isEarly: boolean]> = []
        for (const dueAt of [1, 3, 10]) {
          const watched: Watched = {
            dueAt,
            place: -1,
            lookUnsafe: (now) => {
              looks.push([now >= dueAt, millisecondsOf(clock) < Math.floor(began) + dueAt])
              return Infinity
            }
          }
          deadlines.watchUnsafe(watched, dueAt)
        }
        yield* TestClock.adjust(20)
        assert.deepStrictEqual(looks, [
          [true, false],
          [true, false],
          [true, false]
        ])
        yield* deadlines.end
      }
    })
  )

  inMemory(
    "what begins between two milliseconds is not over too early",
    Effect.gen(function* () {
      const { dial, ended } = yield* timed(echo, { idleTimeout: 10 })
      const client = yield* dial
      yield* TestClock.adjust(Duration.micros(999n))
      yield* client.send("ping\n")
      assert.strictEqual(yield* client.line, "ping\n")
      yield* polite(client)
      yield* TestClock.adjust(Duration.micros(9998n))
      assert.deepStrictEqual(ended(), [])
      yield* TestClock.adjust(2)
      assert.strictEqual(ended().length, 1)
    })
  )

  inMemory(
    "a member that ends while it is looked at is not looked at again",
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const random = yield* Random.Random
      const run = Effect.runForkWith(yield* Effect.context<never>())
      const deadlines = new Deadlines({ live: { current: liveSettings({}) }, clock, random, run })
      let looks = 0
      const watched: Watched = {
        dueAt: 0,
        place: -1,
        lookUnsafe: (now) => {
          looks++
          deadlines.forgetUnsafe(watched)
          return now + 1
        }
      }
      deadlines.watchUnsafe(watched, 1)
      yield* TestClock.adjust(100)
      assert.deepStrictEqual([looks, deadlines.size], [1, 0])
      yield* deadlines.end
    })
  )
})
