import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Connection"
import type { ServerEvent } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import { Transport } from "tidegate/Transport"
import { Deadlines } from "../src/Deadlines.ts"
import { Generation } from "../src/Generation.ts"
import { liveSettings } from "../src/LiveSettings.ts"
import { columnOf, zeroTally } from "../src/Tally.ts"
import { bytes, connect } from "./Client.ts"
import { inMemory } from "./support/InMemory.ts"
import { atRest } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

/** A generation whose connections do `work`, on a listener from which nobody takes but the test. */
const withWork = Effect.fnUntraced(function* (work: (connection: Connection) => Effect.Effect<void>) {
  const transport = yield* Transport
  const listener = yield* transport.listen({ host: "127.0.0.1", port: 0 })
  const scope = yield* Scope.make("parallel")
  const events: Array<ServerEvent> = []
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  let lastId = 0
  const generation = new Generation({
    id: 1,
    serving: {
      // With nothing left to a close ladder.
      handler: Handler.connection((connection) => Effect.andThen(work(connection), connection.abort)),
      settings: { current: liveSettings({}) },
      run
    },
    scope,
    deadlines: new Deadlines({ live: { current: liveSettings({}) }, clock, random, run }),
    emit: (event) => events.push(event),
    tell: (_tag, make) => void events.push(make()),
    nextId: () => ++lastId
  })
  const accepted = Effect.gen(function* () {
    const client = yield* connect(listener.address)
    return { client, transport: yield* listener.accept }
  })
  const adopted = Effect.map(accepted, ({ client, transport }) => {
    generation.adoptUnsafe(transport)
    return client
  })
  const reasons = (): ReadonlyArray<string> =>
    events.flatMap((event) => (event._tag === "ConnectionEnded" ? [event.reason] : []))
  return { accepted, adopted, events, generation, reasons, scope }
})

describe("a generation", () => {
  inMemory(
    "S43 counts a connection, and tells of it, before anything of it runs",
    Effect.gen(function* () {
      const seen: Array<number> = []
      const { adopted, events, generation } = yield* withWork(() =>
        Effect.sync(() => void seen.push(generation.size, events.length))
      )
      yield* adopted
      assert.deepStrictEqual(seen, [1, 1])
      yield* generation.empty
      assert.deepStrictEqual([generation.size, generation.accepted, generation.ended], [0, 1, 1])
    })
  )

  inMemory(
    "S43 S58 tells a connection of the drain at once when it is adopted late",
    Effect.gen(function* () {
      const told: Array<boolean> = []
      const { adopted, generation } = yield* withWork((connection) =>
        Effect.sync(() => void told.push(connection.isDraining))
      )
      yield* adopted
      generation.drainUnsafe()
      generation.drainUnsafe()
      yield* adopted
      yield* generation.empty
      assert.deepStrictEqual(told, [false, true])
    })
  )

  inMemory(
    "S58 FF-11 tells one whose input was quiesced before it was adopted at once, and what it began with is work",
    Effect.gen(function* () {
      const seen: Array<boolean> = []
      const { accepted, generation } = yield* withWork((connection) => {
        seen.push(connection.isDraining)
        connection.framesIn = 1
        connection.inFlight = 1
        return Effect.never
      })
      const { client, transport } = yield* accepted
      transport.quiesceUnsafe()
      generation.adoptUnsafe(transport)
      assert.deepStrictEqual([seen, generation.isDraining], [[true], false])
      generation.drainUnsafe()
      assert.deepStrictEqual(generation.find(1)?.drainBegan, { framesIn: 0, inFlight: 1 })
      yield* generation.abortAll
      yield* untilEnd(client)
    })
  )

  inMemory(
    "B97 S58 replaced, it tells in that step whom it does not wait for, and the others when they have asked or their time is over",
    Effect.gen(function* () {
      const { adopted, generation } = yield* withWork((connection) =>
        Effect.gen(function* () {
          yield* connection.readable
          yield* Effect.orDie(connection.write(connection.transport.takeUnsafe() ?? bytes("nothing")))
          yield* connection.readable
          return yield* Effect.never
        })
      )
      const isTold = (id: number): boolean => generation.find(id)?.connection.isDraining === true
      yield* adopted
      yield* TestClock.adjust(1000)
      const asking = yield* adopted
      yield* TestClock.adjust(200)
      yield* adopted
      generation.retireUnsafe(700)
      generation.retireUnsafe(Infinity)
      assert.deepStrictEqual([1, 2, 3].map(isTold), [true, false, false])
      assert.deepStrictEqual([generation.isDraining, generation.size, generation.awaited], [true, 3, 2])
      yield* asking.send("?")
      yield* atRest
      assert.deepStrictEqual([2, 3].map(isTold), [true, false])
      yield* TestClock.adjust(699)
      assert.isFalse(isTold(3))
      yield* TestClock.adjust(1)
      assert.isTrue(isTold(3))
      assert.strictEqual(generation.awaited, 0)
    })
  )

  inMemory(
    "S43 S54 S111 starts no handler for a connection that is adopted after the abort, and resets it",
    Effect.gen(function* () {
      let started = 0
      const { adopted, generation, reasons } = yield* withWork(() => Effect.sync(() => void started++))
      generation.abortUnsafe()
      const client = yield* adopted
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      yield* generation.empty
      assert.deepStrictEqual(reasons(), ["aborted"])
      assert.strictEqual(started, 0)
    })
  )

  inMemory(
    "S21 ends its connections with its scope, all at once, and each with its finalizers",
    Effect.gen(function* () {
      const released: Array<number> = []
      const { adopted, generation, reasons, scope } = yield* withWork((connection) =>
        Effect.ensuring(
          Effect.never,
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => void released.push(connection.id))
          )
        )
      )
      const clients = [yield* adopted, yield* adopted, yield* adopted]
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(released.sort(), [1, 2, 3])
      yield* generation.empty
      for (const client of clients) assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      assert.deepStrictEqual(reasons(), ["aborted", "aborted", "aborted"])
    })
  )

  inMemory(
    "FF-05 counts in its tally only what ends after it was told to count, and each connection once",
    Effect.gen(function* () {
      const { adopted, generation } = yield* withWork(() => Effect.void)
      yield* adopted
      yield* generation.empty
      const tally = zeroTally()
      generation.countIntoUnsafe(tally)
      yield* adopted
      yield* adopted
      yield* generation.empty
      assert.deepStrictEqual(tally, { drained: 2, idleClosed: 0, aborted: 0 })
    })
  )

  inMemory(
    "FF-16 empty is noticed by everybody who waits, in the instant in which the last one ends",
    Effect.gen(function* () {
      const { adopted, generation } = yield* withWork((connection) => connection.draining)
      yield* generation.empty
      yield* adopted
      const waiting = yield* Effect.forEach([1, 2, 3], () =>
        Effect.forkChild(generation.empty, { startImmediately: true })
      )
      generation.drainUnsafe()
      for (const fiber of waiting) yield* Fiber.join(fiber)
      assert.strictEqual(generation.size, 0)
    })
  )
})

describe("a report", () => {
  it("FF-05 tells who was cut from who had no work and who finished it", () => {
    const reasons = ["eof", "drained", "idle", "idle-timeout", "first-byte-timeout", "aborted", "stalled"] as const
    const columns = ["drained", "drained", "idleClosed", "idleClosed", "idleClosed", "aborted", "aborted"]
    assert.deepStrictEqual(reasons.map(columnOf), columns)
  })
})
