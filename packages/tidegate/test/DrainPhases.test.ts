/**
 * A shutdown's phases on the clock: the delay in which it goes on accepting, and the spread of the idle connections' ends.
 */
import { assert, describe } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as TestClock from "effect/testing/TestClock"
import { type Client, connect } from "./Client.ts"
import { serve } from "./support/Behaviour.ts"
import { begin, closes, echo, echoes, elapsedOf } from "./support/Draining.ts"
import { held } from "./support/Held.ts"
import { inMemory } from "./support/InMemory.ts"
import { Recording } from "./support/Recording.ts"
import { becomes, isRefused, untilEnd } from "./support/Watching.ts"

describe("the drain delay", () => {
  inMemory(
    "FF-92 B66 before its end new clients are served, after it they are refused, and only then is anybody told",
    Effect.gen(function* () {
      const recording = yield* Recording.make
      const { address, server } = yield* recording.of(serve(echo))
      const before = yield* connect(address)
      yield* echoes(before, "before\n")
      const shutdown = yield* begin(server, { drainDelay: "5 seconds", quietInterval: "Infinity" })
      yield* TestClock.adjust("4999 millis")
      const late = yield* connect(address)
      yield* echoes(late, "late\n")
      yield* echoes(before, "still\n")
      assert.deepInclude(yield* server.info, { state: "draining", isReady: false, connections: 2 })
      const ends = yield* Effect.forkChild(Effect.all([untilEnd(before), untilEnd(late)], { concurrency: 2 }))
      yield* TestClock.adjust("1 millis")
      yield* isRefused(address)
      for (const end of yield* Fiber.join(ends)) assert.deepStrictEqual(end, { text: "", ending: "eof" })
      const report = yield* Fiber.join(shutdown)
      assert.deepInclude(report, { idleClosed: 2, drained: 0, aborted: 0, swept: 0 })
      assert.strictEqual(Duration.toMillis(report.elapsed), 5000)
      assert.deepStrictEqual(recording.tags, [
        "ListenerOpened",
        "ConnectionOpened",
        "DrainBegan",
        "ConnectionOpened",
        "ListenerClosed",
        "ConnectionEnded",
        "ConnectionEnded",
        "Stopped"
      ])
    })
  )

  inMemory(
    "FF-92 it ends early when nobody has come for a while, counted from the last who came",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const shutdown = yield* begin(server, { drainDelay: "1 minute", drainTimeout: "2 minutes" })
      for (const _ of [1, 2, 3]) {
        yield* TestClock.adjust("1500 millis")
        const client = yield* connect(address)
        yield* echoes(client, "hello\n")
        yield* client.end
      }
      yield* TestClock.adjust("1999 millis")
      yield* Effect.asVoid(connect(address))
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(shutdown.pollUnsafe(), undefined)
      const end = yield* Effect.forkChild(Effect.flatMap(connect(address), untilEnd))
      yield* TestClock.adjust("2 seconds")
      yield* isRefused(address)
      assert.strictEqual((yield* Fiber.join(end)).ending, "eof")
      yield* TestClock.adjust("2 seconds")
      assert.isBelow(yield* elapsedOf(shutdown), 20_000)
    })
  )

  for (const when of ["before", "in"] as const) {
    inMemory(
      `FF-92 S41 a listener that is lost ${when} it ends it: nobody could come`,
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { address, server } = yield* serve(echo, { onListenerLost: "relisten" })
        const client = yield* connect(address)
        yield* echoes(client, "hello\n")
        yield* network.failOperation({ operation: "listen", nth: 1, code: "EADDRINUSE" })
        const lose = network.failListener(address, "EBADF")
        if (when === "before") yield* Effect.andThen(lose, becomes(server, "listenerLost"))
        const shutdown = yield* begin(server, { drainDelay: "10 seconds", quietInterval: "Infinity" })
        if (when === "in") yield* lose
        assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
        assert.strictEqual(yield* elapsedOf(shutdown), 0)
      })
    )
  }

  inMemory(
    "FF-93 it is a part of the budget: what cannot end in time is aborted at the deadline of the first call",
    Effect.gen(function* () {
      const { handler, taken } = yield* held
      const { address, server } = yield* serve(handler)
      const client = yield* connect(address)
      yield* client.send("never\n")
      yield* taken
      const shutdown = yield* begin(server, {
        drainTimeout: "10 seconds",
        drainDelay: "1 hour",
        quietInterval: "Infinity",
        closeTimeout: "2 seconds"
      })
      yield* TestClock.adjust("7999 millis")
      yield* Effect.forkChild(Effect.flatMap(connect(address), untilEnd))
      yield* server.awaitConnections((connections) => connections === 2)
      yield* TestClock.adjust("1 millis")
      yield* isRefused(address)
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(shutdown.pollUnsafe(), undefined)
      yield* TestClock.adjust("1 millis")
      const report = yield* Fiber.join(shutdown)
      assert.deepInclude(report, { aborted: 1 })
      assert.strictEqual(Duration.toMillis(report.elapsed), 10_000)
    })
  )

  inMemory(
    "S14 B77 a second shutdown ends it at once, or brings it nearer, and never puts it off",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const quietInterval = "Infinity"
      const shutdown = yield* begin(server, { drainDelay: "10 seconds", quietInterval })
      yield* begin(server, { drainDelay: "1 minute", drainTimeout: "2 minutes", quietInterval })
      yield* begin(server, { drainDelay: "5 seconds", quietInterval })
      yield* TestClock.adjust("2 seconds")
      yield* Effect.asVoid(connect(address))
      yield* TestClock.adjust("2999 millis")
      assert.strictEqual(shutdown.pollUnsafe(), undefined)
      const last = yield* connect(address)
      const end = yield* Effect.forkChild(untilEnd(last))
      yield* begin(server, { drainDelay: 0 })
      yield* closes(address)
      assert.strictEqual((yield* Fiber.join(end)).ending, "eof")
      yield* TestClock.adjust("10 seconds")
      assert.isBelow(yield* elapsedOf(shutdown), 10_000)
    })
  )

  inMemory(
    "S12 S24 B77 a hard shutdown in the delay is there at once, and nothing sleeps on",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const client = yield* connect(address)
      yield* echoes(client, "hello\n")
      const shutdown = yield* begin(server, { drainDelay: "1 minute", drainTimeout: "2 minutes" })
      const report = yield* server.hardShutdown
      assert.deepInclude(report, { aborted: 1 })
      assert.strictEqual(yield* elapsedOf(shutdown), 0)
      assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
    })
  )
})

describe("the drain jitter", () => {
  inMemory(
    "FF-15 a hundred idle connections end spread over the window, and none after it",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const ends: Array<number> = []
      const watch = Effect.fnUntraced(function* (client: Client) {
        yield* untilEnd(client)
        ends.push(yield* Clock.currentTimeMillis)
      })
      for (let number = 0; number < 100; number++) yield* Effect.forkChild(Effect.flatMap(connect(address), watch))
      yield* server.awaitConnections((connections) => connections === 100)
      const shutdown = yield* begin(server, { drainJitter: "1 second" })
      yield* closes(address)
      yield* TestClock.adjust("500 millis")
      const firstHalf = ends.length
      yield* TestClock.adjust("500 millis")
      assert.deepInclude(yield* Fiber.join(shutdown), { idleClosed: 100, aborted: 0 })
      assert.strictEqual(ends.length, 100)
      assert.isAbove(new Set(ends).size, 50)
      assert.isTrue(firstHalf > 25 && firstHalf < 75, `${firstHalf} in the first half`)
      assert.isBelow(Math.max(...ends), 1000)
    }).pipe(Random.withSeed("a hundred"))
  )

  inMemory(
    "FF-15 S124 who has work is told at once, and who has none is served on until its turn comes",
    Effect.gen(function* () {
      const { handler, release, taken, told } = yield* held
      const { address, server } = yield* serve(handler)
      const [busy, idle] = yield* Effect.all([connect(address), connect(address)])
      yield* busy.send("slow\n")
      yield* taken
      yield* server.awaitConnections((connections) => connections === 2)
      const shutdown = yield* begin(server, { drainJitter: "10 seconds" })
      yield* told
      yield* release
      assert.deepStrictEqual(yield* untilEnd(busy), { text: "slow\n", ending: "eof" })
      assert.strictEqual((yield* server.connections).find(({ id }) => id === 2)?.state, "open")
      yield* echoes(idle, "served on\n")
      const end = yield* Effect.forkChild(untilEnd(idle))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(end), { text: "", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(shutdown), { drained: 1, idleClosed: 1 })
    })
  )

  inMemory(
    "FF-15 S14 a second shutdown without jitter tells the rest now, one with less brings them nearer",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      for (let number = 0; number < 50; number++) yield* Effect.forkChild(Effect.flatMap(connect(address), untilEnd))
      yield* server.awaitConnections((connections) => connections === 50)
      const shutdown = yield* begin(server, { drainJitter: "10 seconds" })
      yield* TestClock.adjust("1 second")
      yield* begin(server, { drainJitter: "1 second" })
      const { connections: left } = yield* server.info
      yield* TestClock.adjust("500 millis")
      const { connections: half } = yield* server.info
      assert.isTrue(left > half && half > 0, `${left}, then ${half}`)
      yield* begin(server, { drainJitter: 0 })
      assert.strictEqual(yield* elapsedOf(shutdown), 1500)
    }).pipe(Random.withSeed("fifty"))
  )

  inMemory(
    "S24 a hard shutdown reaches who has not been told yet",
    Effect.gen(function* () {
      const { address, server } = yield* serve(echo)
      const clients = yield* Effect.all([connect(address), connect(address)])
      yield* server.awaitConnections((connections) => connections === 2)
      yield* begin(server, { drainJitter: "10 seconds" })
      yield* closes(address)
      assert.deepInclude(yield* server.hardShutdown, { aborted: 2 })
      for (const client of clients) assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
      yield* TestClock.adjust("10 seconds")
    })
  )
})
