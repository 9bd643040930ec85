/**
 * Clients that a restart finds before their first request: accepted, and nothing has come of them yet.
 */
import { assert, describe } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import { FiberCensus } from "@tidegate/testing/FiberCensus"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Connection"
import * as FramedConnection from "tidegate/FramedConnection"
import * as Handler from "tidegate/Handler"
import { bytes, type Client } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { named, port } from "./support/Generations.ts"
import { held } from "./support/Held.ts"
import { inMemory } from "./support/InMemory.ts"
import { noDeadlines } from "./support/NoDeadlines.ts"
import { atRest, polite, timed } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

const echo = named("first")

const second = { handler: named("second"), port, ...noDeadlines }

describe("a restart that finds a client silent", () => {
  inMemory(
    "B97 S27 the request that was on its way is answered by the generation that has accepted it, then FIN",
    Effect.gen(function* () {
      const { dial, server } = yield* timed(echo, { port })
      const client = yield* dial
      const { drained } = yield* server.restart(second)
      yield* atRest
      yield* client.send("hello\n")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "first hello\n", ending: "eof" })
      assert.deepInclude(yield* drained, { generation: 1, drained: 1, idleClosed: 0, aborted: 0 })
    })
  )

  inMemory(
    "B97 who says nothing is told a second after it was accepted, and not before; with FIN",
    Effect.gen(function* () {
      const { dial, endsAfter, server } = yield* timed(echo, { port })
      const client = yield* dial
      yield* polite(client)
      yield* TestClock.adjust(400)
      const { drained } = yield* server.restart()
      yield* endsAfter(600, "idle")
      assert.deepInclude(yield* drained, { drained: 0, idleClosed: 1, aborted: 0 })
    })
  )

  inMemory(
    "B97 S28 who has been silent for longer is told at once, and so is everybody where the time is 0",
    Effect.gen(function* () {
      const { dial, ended, server } = yield* timed(echo, { port, firstRequestTimeout: "3 seconds" })
      yield* polite(yield* dial)
      yield* TestClock.adjust("3 seconds")
      yield* server.restart()
      yield* atRest
      assert.deepStrictEqual(ended(), ["idle"])
      yield* polite(yield* dial)
      yield* server.restart({ ...second, firstRequestTimeout: 0 })
      yield* atRest
      assert.deepStrictEqual(ended(), ["idle", "idle"])
    })
  )

  inMemory(
    "B97 the time is looked up when it is needed",
    Effect.gen(function* () {
      const { dial, endsAfter, server } = yield* timed(echo, { port })
      yield* polite(yield* dial)
      yield* server.restart()
      yield* server.reload({ firstRequestTimeout: "10 seconds" })
      yield* TestClock.adjust("5 seconds")
      yield* server.reload({ firstRequestTimeout: "6 seconds" })
      yield* endsAfter(1000, "idle")
    })
  )

  inMemory(
    "B97 FF-93 nobody is waited for so long that the drain's deadline would cut it",
    Effect.gen(function* () {
      const { dial, endsAfter, server } = yield* timed(echo, { port, drainTimeout: 800 })
      yield* TestClock.adjust(5000)
      yield* polite(yield* dial)
      const { drained } = yield* server.restart()
      yield* endsAfter(400, "idle")
      assert.deepInclude(yield* drained, { idleClosed: 1, aborted: 0 })
    })
  )

  inMemory(
    "B97 B79 who leaves meanwhile is waited for no longer",
    Effect.gen(function* () {
      const { dial, server } = yield* timed(echo, { port })
      const leaving = yield* dial
      const { drained } = yield* server.restart()
      yield* leaving.end
      assert.deepInclude(yield* drained, { drained: 1, idleClosed: 0, aborted: 0 })
    })
  )

  inMemory(
    "B97 B54 any number of them costs no fiber each",
    Effect.gen(function* () {
      const census = new FiberCensus()
      const { dial, ended, server } = yield* census.within(timed(echo, { port }))
      yield* Effect.forEach(Array(50), () => Effect.flatMap(dial, polite))
      const before = census.alive
      yield* server.restart()
      yield* atRest
      // They are the generation's and the server's.
      assert.isAtMost(census.alive - before, 4)
      yield* TestClock.adjust(1000)
      yield* atRest
      assert.strictEqual(ended().length, 50)
    })
  )
})

describe("a first request", () => {
  inMemory(
    "B97 that comes in pieces is waited for to its end, also where the first has come before the restart",
    Effect.gen(function* () {
      const { dial, server } = yield* timed(echo, { port })
      const [begun, silent] = [yield* dial, yield* dial]
      yield* begun.send("he")
      yield* atRest
      yield* server.restart(second)
      for (const part of ["l", "lo\n"]) {
        for (const client of [begun, silent]) yield* client.send(part)
        yield* atRest
      }
      assert.deepStrictEqual(yield* untilEnd(begun), { text: "first hello\n", ending: "eof" })
      assert.deepStrictEqual(yield* untilEnd(silent), { text: "first llo\n", ending: "eof" })
    })
  )

  inMemory(
    "B97 B74 is answered with all that has come with it, and nothing behind that is",
    Effect.gen(function* () {
      const { dial, server } = yield* timed(echo, { port })
      const client = yield* dial
      yield* server.restart(second)
      yield* client.send("1\n2\n3\nunfinished")
      yield* atRest
      yield* client.send(" 4\n")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "first 1\nfirst 2\nfirst 3\n", ending: "eof" })
    })
  )

  inMemory(
    "B97 S55 that is being answered when its time is over is work like any other",
    Effect.gen(function* () {
      const { handler, release, taken, told } = yield* held
      const { dial, server } = yield* timed(handler, { port })
      const client = yield* dial
      const { drained } = yield* server.restart()
      yield* client.send("slow\n")
      yield* taken
      yield* TestClock.adjust(1000)
      yield* told
      yield* client.send("too late\n")
      yield* atRest
      yield* release
      assert.deepStrictEqual(yield* untilEnd(client), { text: "slow\n", ending: "eof" })
      assert.deepInclude(yield* drained, { drained: 1, aborted: 0 })
    })
  )

  inMemory(
    "B97 that its codec skips counts as one",
    Effect.gen(function* () {
      const codec = Line.make({ encoding: "utf8", maxLength: 4, onTooLong: "discard" })
      const { dial, server } = yield* timed(
        Handler.frames({ codec }, (line) => Effect.succeed(line)),
        { port }
      )
      const client = yield* dial
      yield* server.restart(second)
      yield* client.send("too long\n")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
    })
  )
})

/** Greets, then answers each chunk that ends a line with the whole line. */
const greeting = Handler.connection((connection: Connection) =>
  Effect.gen(function* () {
    yield* connection.write(bytes("hi\n"))
    let line = ""
    const answer = Effect.flatMap(connection.read, (chunk) => {
      line += String.fromCharCode(...chunk)
      if (!line.endsWith("\n")) return Effect.void
      const whole = bytes(line)
      line = ""
      return connection.write(whole)
    })
    yield* Effect.catchIf(Effect.forever(answer), Cause.isDone, () => connection.write(bytes("bye\n")))
  })
)

describe("a first request to a handler of the whole connection", () => {
  inMemory(
    "B97 is what it answers, in however many pieces it comes; then its input ends",
    Effect.gen(function* () {
      const { dial, server } = yield* timed(greeting, { port })
      const client = yield* dial
      assert.strictEqual(yield* client.line, "hi\n")
      yield* server.restart(second)
      for (const part of ["he", "llo", "\n"]) {
        yield* client.send(part)
        yield* atRest
      }
      assert.deepStrictEqual(yield* untilEnd(client), { text: "hello\nbye\n", ending: "eof" })
    })
  )

  inMemory(
    "B97 that was answered before the restart is waited for no more",
    Effect.gen(function* () {
      const { dial, server } = yield* timed(greeting, { port })
      const client = yield* dial
      yield* client.send("hello\n")
      assert.deepStrictEqual([yield* client.line, yield* client.line], ["hi\n", "hello\n"])
      yield* server.restart(second)
      assert.deepStrictEqual(yield* untilEnd(client), { text: "bye\n", ending: "eof" })
    })
  )

  inMemory(
    "B97 is waited for while it does something else, and its input ends when the time is over",
    Effect.gen(function* () {
      const { dial, server } = yield* timed(greeting, { port })
      const client = yield* dial
      const { drained } = yield* server.restart(second)
      yield* TestClock.adjust(999)
      assert.strictEqual((yield* server.info).generations[0]?.connections, 1)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* untilEnd(client), { text: "hi\nbye\n", ending: "eof" })
      assert.deepInclude(yield* drained, { drained: 1, aborted: 0 })
    })
  )

  inMemory(
    "B97 is its first frame, where it reads frames",
    Effect.gen(function* () {
      const handler = Handler.connection((connection) =>
        Effect.gen(function* () {
          const framed = yield* FramedConnection.make(connection, text)
          const answer = Effect.flatMap(framed.next, (line) => framed.write(`you said ${line}`))
          yield* Effect.catchIf(Effect.forever(answer), Cause.isDone, () => Effect.void)
        })
      )
      const { dial, server } = yield* timed(handler, { port })
      const client = yield* dial
      yield* server.restart(second)
      for (const part of ["o", "ne\ntw"]) {
        yield* client.send(part)
        yield* atRest
      }
      assert.deepStrictEqual(yield* untilEnd(client), { text: "you said one\n", ending: "eof" })
    })
  )
})

describe("what else comes while first requests are waited for", () => {
  inMemory(
    "B97 S114 a shutdown waits for nobody",
    Effect.gen(function* () {
      const { dial, server } = yield* timed(echo, { port })
      const clients = [yield* dial, yield* dial]
      yield* server.restart(second)
      clients.push(yield* dial)
      const report = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      for (const client of clients) assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
      assert.deepInclude(yield* Fiber.join(report), { idleClosed: 3, drained: 0, aborted: 0 })
    })
  )

  inMemory(
    "B97 FF-15 a shutdown with a jitter tells them within it, as all who have no work",
    Effect.gen(function* () {
      const { dial, ended, server } = yield* timed(echo, { port, firstRequestTimeout: "1 minute", drainJitter: 500 })
      yield* Effect.forEach(Array(8), () => Effect.flatMap(dial, polite))
      yield* server.restart()
      const report = yield* Effect.forkChild(server.shutdown(), { startImmediately: true })
      yield* atRest
      assert.isBelow(ended().length, 8)
      yield* TestClock.adjust(500)
      assert.deepInclude(yield* Fiber.join(report), { idleClosed: 8, aborted: 0 })
    })
  )

  inMemory(
    "B97 S25 a hard shutdown resets them, and so does the end of their generation alone",
    Effect.gen(function* () {
      const { dial, server } = yield* timed(echo, { port })
      const first = yield* dial
      yield* server.restart()
      const next = yield* dial
      yield* server.restart()
      assert.isTrue(yield* server.abortGeneration(1))
      assert.strictEqual((yield* untilEnd(first)).ending, "ECONNRESET")
      assert.strictEqual((yield* server.info).connections, 1)
      assert.deepInclude(yield* server.hardShutdown, { aborted: 1 })
      assert.strictEqual((yield* untilEnd(next)).ending, "ECONNRESET")
    })
  )

  inMemory(
    "B97 FF-95 any number of restarts leaves them alone, and cuts whom it would cut without them",
    Effect.gen(function* () {
      const { handler, taken } = yield* held
      const { dial, server } = yield* timed(handler, { port, maxDrainingGenerations: 1 })
      const stuck = yield* dial
      yield* stuck.send("work\n")
      yield* taken
      const waiting = [yield* dial]
      const leaving = yield* dial
      yield* server.restart({ ...second, handler, maxDrainingGenerations: 1 })
      yield* leaving.end
      for (let restart = 0; restart < 4; restart++) {
        waiting.push(yield* dial)
        yield* server.restart()
        yield* atRest
        // Nobody else holds a generation up.
        assert.deepInclude((yield* server.info).generations[0], { id: 1, connections: 2 })
      }
      const other = yield* dial
      yield* other.send("work\n")
      yield* taken
      yield* server.restart()
      assert.strictEqual((yield* untilEnd(stuck)).ending, "ECONNRESET")
      assert.strictEqual((yield* server.info).generations.length, 7)
      for (const client of waiting) {
        yield* client.send("hello\n")
        yield* taken
      }
    })
  )

  inMemory(
    "B97 FF-95 who was given that time holds its generation up afterwards, and one more restart cuts it",
    Effect.gen(function* () {
      const { handler, taken, told } = yield* held
      const { dial, server } = yield* timed(handler, { port, maxDrainingGenerations: 1 })
      const draining = Effect.map(Effect.andThen(atRest, server.info), ({ generations }) =>
        generations.slice(0, -1).map(({ connections, id }) => [id, connections])
      )
      const works = Effect.fnUntraced(function* (client: Client) {
        yield* client.send("work\n")
        yield* taken
      })
      const late = yield* dial
      yield* works(yield* dial)
      yield* server.restart()
      yield* works(yield* dial)
      yield* server.restart()
      assert.deepStrictEqual(yield* draining, [
        [1, 1],
        [2, 1]
      ])
      yield* works(late)
      yield* TestClock.adjust(1000)
      yield* Effect.repeat(told, { times: 2 })
      yield* server.restart()
      assert.deepStrictEqual(yield* draining, [[2, 1]])
    })
  )
})
