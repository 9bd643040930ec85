/**
 * A connection that is served frame by frame has no fiber before something has to be run.
 */
import { assert, describe } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { bytes } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { ask, counted, onRecord } from "./support/Counted.ts"
import { lending } from "./support/Lent.ts"
import { atRest } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))
const mixed = Handler.frames({ codec: text }, (line) =>
  line.startsWith("run") ? Effect.as(Effect.yieldNow, line) : Effect.succeed(line)
)

/** Without a cooldown the alarm before the limit has no fiber. */
const one = { maxConnections: 1, pressureCooldown: 0 }
const link = { sendBufferBytes: 500, receiveBufferBytes: 500 }

describe("a copy of a framed handler", () => {
  onRecord("S127 with a serve of its own runs that one", () =>
    Effect.gen(function* () {
      const copy: Handler.Handler<unknown> = { ...echo, serve: (connection) => connection.write(bytes("mine\n")) }
      const { dial } = yield* counted(copy)
      const client = yield* dial
      yield* client.send("not mine\n")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "mine\n", ending: "eof" })
    })
  )

  onRecord("S127 with a serve around the one that it had runs both", () =>
    Effect.gen(function* () {
      const exits: Array<string> = []
      const serve = (connection: Connection) =>
        Effect.onExit(echo.serve(connection), (exit) => Effect.sync(() => void exits.push(exit._tag)))
      const { dial } = yield* counted({ ...echo, serve })
      const client = yield* dial
      yield* ask(client, "ping")
      yield* client.end
      assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "eof" })
      assert.deepStrictEqual(exits, ["Success"])
    })
  )

  onRecord("with the same serve needs as few fibers", () =>
    Effect.gen(function* () {
      const { dial, started } = yield* counted({ ...echo })
      yield* ask(yield* dial, "ping")
      assert.strictEqual(started(), 0)
    })
  )
})

describe("a connection that is answered with finished effects only", () => {
  onRecord("S112 S119 FF-38 B33 B84 never has a fiber, and is told of, counted and gone like any other", (recorder) =>
    Effect.gen(function* () {
      const { descriptors, dial, server, started } = yield* counted(echo, one)
      for (let visit = 1; visit <= 3; visit++) {
        const client = yield* dial
        for (const line of ["ping", "", "pong"]) yield* ask(client, line)
        assert.deepInclude(yield* server.info, { connections: 1, inFlight: 0 })
        assert.strictEqual(descriptors(), 1)
        // The last words and FIN, at once.
        yield* client.send("a\nbye\n")
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: "a\nbye\n", ending: "eof" })
        assert.deepInclude(yield* recorder.nextEnd, { reason: "eof", bytesIn: 17, bytesOut: 17 })
        assert.deepInclude(yield* server.info, { connections: 0, inFlight: 0, accepted: visit, ended: visit, shed: 0 })
        assert.strictEqual(descriptors(), 0)
      }
      assert.strictEqual(started(), 0)
      assert.deepStrictEqual(recorder.log, [])
    })
  )

  onRecord(
    "B28 B34 FF-17 also where everything was there before it had a slot: its whole life is one step",
    (recorder) =>
      Effect.gen(function* () {
        const { dial, server, started } = yield* counted(echo, { ...one, atLimit: "wait", waitTimeout: "Infinity" })
        const first = yield* dial
        const second = yield* dial
        const third = yield* dial
        yield* second.send("two\n")
        yield* second.end
        yield* atRest
        assert.deepInclude(yield* server.info, { connections: 1, parked: 2 })
        yield* first.end
        assert.deepStrictEqual(yield* second.rest, { text: "two\n", ending: "eof" })
        yield* ask(third, "three")
        yield* third.end
        yield* third.rest
        assert.deepStrictEqual(recorder.reasons, ["eof", "eof", "eof"])
        assert.strictEqual(started(), 0)
      })
  )

  onRecord(
    "S57 S62 FF-07 FF-17 is not over while its peer, that has ended, is still owed bytes",
    (recorder) =>
      Effect.gen(function* () {
        const long = "x".repeat(3000)
        const { dial, fibers } = yield* counted(Handler.frames({ codec: text }, () => Effect.succeed(long)))
        const client = yield* dial
        yield* client.send("tell\n")
        yield* client.end
        yield* atRest
        assert.deepStrictEqual(recorder.ended, [])
        assert.deepStrictEqual(yield* client.rest, { text: `${long}\n`, ending: "eof" })
        assert.deepInclude(yield* recorder.nextEnd, { reason: "eof", bytesOut: 3001 })
        assert.strictEqual(fibers(), 0)
      }),
    { link }
  )

  onRecord(
    "B76 S54 nor while somebody else's write to it waits",
    (recorder) =>
      Effect.gen(function* () {
        const own = yield* Deferred.make<Connection>()
        const noted = Handler.frames({ codec: text }, (_, connection) => {
          Deferred.doneUnsafe(own, Effect.succeed(connection))
          return Effect.void
        })
        const { dial, fibers } = yield* counted(noted, { highWaterMarkBytes: 1000 })
        const client = yield* dial
        yield* client.send("hello\n")
        const connection = yield* Deferred.await(own)
        for (const letter of "abc") {
          yield* Effect.forkChild(connection.write(bytes(`${letter.repeat(2000)}\n`)), { startImmediately: true })
        }
        yield* client.end
        yield* atRest
        const { ending, text: received } = yield* client.rest
        assert.deepStrictEqual([received.replaceAll(/(.)\1*\n/g, "$1"), received.length, ending], ["abc", 6003, "eof"])
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
        assert.strictEqual(fibers(), 0)
      }),
    { link }
  )
})

describe("what has to be run", () => {
  class Greeting extends Context.Service<Greeting, string>()("test/Greeting") {}
  const greets = (concurrency: number) =>
    Handler.frames({ codec: text, concurrency }, (line) =>
      line === "greet" ? Effect.tap(Greeting, () => Effect.yieldNow) : Effect.succeed(line)
    )

  for (const concurrency of [1, 4]) {
    onRecord(
      `S49 S68 starts one fiber, with the services of the server, which lives on (concurrency ${concurrency})`,
      () =>
        Effect.gen(function* () {
          const { dial, fibers, started } = yield* Effect.provideService(
            counted(greets(concurrency)),
            Greeting,
            "hello"
          )
          const client = yield* dial
          yield* ask(client, "before")
          assert.strictEqual(started(), 0)
          for (let round = 1; round <= 3; round++) {
            yield* client.send("a\ngreet\nb\ngreet\n")
            for (const line of ["a", "hello", "b", "hello"]) assert.strictEqual(yield* client.line, `${line}\n`)
            yield* ask(client, "after")
            yield* atRest
            assert.strictEqual(fibers(), 1)
            // More than one frame at once: a fiber for each effect.
            assert.strictEqual(started(), concurrency === 1 ? 1 : 1 + 2 * round)
          }
          yield* client.end
          assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
          yield* atRest
          assert.strictEqual(fibers(), 0)
        })
    )
  }

  onRecord("B28 B34 is found in the very first step, too, by who had to wait for its slot", (recorder) =>
    Effect.gen(function* () {
      const { dial } = yield* counted(mixed, { ...one, atLimit: "wait", waitTimeout: "Infinity" })
      const before = yield* dial
      const client = yield* dial
      yield* client.send("a\nrun\nb\n")
      yield* before.end
      for (const line of ["a", "run", "b"]) assert.strictEqual(yield* client.line, `${line}\n`)
      for (const line of ["c", "run", "d"]) yield* ask(client, line)
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
      yield* atRest
      assert.deepStrictEqual(recorder.reasons, ["eof", "eof"])
    })
  )

  onRecord(
    "B76 S62 a fiber that a frame's effect has forked lives until the close ladder has waited for what it writes",
    (recorder) =>
      Effect.gen(function* () {
        const pushes = Handler.frames({ codec: text }, (_, connection) =>
          Effect.forEach(
            "abc",
            (letter) =>
              Effect.forkChild(connection.write(bytes(`${letter.repeat(2000)}\n`)), { startImmediately: true }),
            { discard: true }
          )
        )
        const { dial, fibers } = yield* counted(pushes, { highWaterMarkBytes: 1000 })
        const client = yield* dial
        yield* client.send("push\n")
        yield* client.end
        yield* atRest
        const { ending, text: received } = yield* client.rest
        assert.deepStrictEqual([received.replaceAll(/(.)\1*\n/g, "$1"), received.length, ending], ["abc", 6003, "eof"])
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
        assert.strictEqual(fibers(), 0)
      }),
    { link }
  )

  onRecord("B51 I-S18 is no idleness, also where it was found in a lent chunk", (recorder) =>
    Effect.gen(function* () {
      const slow = Handler.frames({ codec: lending(text) }, (line) => Effect.as(Effect.sleep(1000), line))
      const { dial } = yield* counted(slow, { idleTimeout: 100 })
      const client = yield* dial
      for (const line of ["first\n", "second\n"]) {
        yield* client.send(line)
        yield* atRest
        yield* TestClock.adjust(1000)
        assert.strictEqual(yield* client.line, line)
      }
      assert.deepStrictEqual(recorder.reasons, [])
    })
  )

  onRecord("FF-51 a turn that is given up: the frames behind it are answered in the next ones", (recorder) =>
    Effect.gen(function* () {
      const { dial, fibers, started } = yield* counted(echo)
      const client = yield* dial
      const lines = Array.from({ length: 1000 }, (_, at) => `${at}\n`).join("")
      yield* client.send(lines)
      yield* client.send("last\n")
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: `${lines}last\n`, ending: "eof" })
      assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
      assert.deepStrictEqual([started(), fibers()], [1, 0])
    })
  )

  for (const [handler, name] of [
    [mixed, "run"],
    [echo, "waits"]
  ] as const) {
    const lines = Array.from({ length: 20 }, (_, at) => `${name}${at}${"x".repeat(300)}\n`).join("")

    onRecord(
      `S50 S57 a write for which there is no room (${name}): goes on when its peer reads, and ends like any other`,
      (recorder) =>
        Effect.gen(function* () {
          const { dial, fibers, server } = yield* counted(handler, { highWaterMarkBytes: 1000 })
          const client = yield* dial
          yield* Effect.forkChild(Effect.andThen(client.send(lines), client.end))
          yield* atRest
          assert.deepInclude(yield* server.info, { connections: 1, inFlight: 1 })
          assert.strictEqual(fibers(), 1)
          assert.deepStrictEqual(yield* client.rest, { text: lines, ending: "eof" })
          const { length } = lines
          assert.deepInclude(yield* recorder.nextEnd, { reason: "eof", bytesIn: length, bytesOut: length })
          assert.deepInclude(yield* server.info, { connections: 0, inFlight: 0 })
          assert.strictEqual(fibers(), 0)
        }),
      { link }
    )

    onRecord(
      `S6 FF-09 a write for which there is no room (${name}), cut off by a hard shutdown`,
      (recorder) =>
        Effect.gen(function* () {
          const { census, descriptors, dial, server } = yield* counted(handler, { highWaterMarkBytes: 1000 })
          const client = yield* dial
          yield* Effect.forkChild(client.send(lines))
          yield* atRest
          assert.deepInclude(yield* server.hardShutdown, { aborted: 1 })
          assert.deepStrictEqual([recorder.reasons, census.alive, descriptors()], [["aborted"], 0, 0])
          assert.strictEqual((yield* untilEnd(client)).ending, "ECONNRESET")
        }),
      { link }
    )
  }
})
