import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Connection"
import * as Handler from "tidegate/Handler"
import { bytes, connect } from "./Client.ts"
import { serve, text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { polite, timed } from "./support/Timed.ts"
import { untilEnd } from "./support/Watching.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))
const toTheEnd = (connection: Connection) => Effect.ignore(Effect.forever(connection.read, { disableYield: true }))

describe("the idle timeout", () => {
  inMemory(
    "B48 FF-39 who sends nothing at all is ended after it, politely, with one terminal event",
    Effect.gen(function* () {
      const { dial, ended, endsAfter } = yield* timed(echo, { idleTimeout: 100 })
      const client = yield* dial
      const reading = yield* polite(client)
      yield* endsAfter(100, "idle-timeout")
      assert.deepStrictEqual(yield* Fiber.join(reading), { text: "", ending: "eof" })
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual(ended(), ["idle-timeout"])
    })
  )

  inMemory(
    "B48 the first byte has a timeout of its own",
    Effect.gen(function* () {
      const { dial, endsAfter } = yield* timed(echo, { idleTimeout: 100, firstByteTimeout: 30 })
      const [silent, speaks] = [yield* dial, yield* dial]
      yield* speaks.send("x")
      yield* polite(silent)
      yield* polite(speaks)
      yield* endsAfter(30, "first-byte-timeout")
      yield* endsAfter(70, "idle-timeout")
    })
  )

  inMemory(
    "B49 counts from the last byte",
    Effect.gen(function* () {
      const { dial, ended, endsAfter } = yield* timed(echo, { idleTimeout: 100 })
      const client = yield* dial
      for (let ping = 0; ping < 5; ping++) {
        yield* client.send("ping\n")
        assert.strictEqual(yield* client.line, "ping\n")
        yield* TestClock.adjust(50)
      }
      assert.deepStrictEqual(ended(), [])
      yield* polite(client)
      yield* endsAfter(50, "idle-timeout")
    })
  )

  inMemory(
    "B49 a byte that completes no frame counts too",
    Effect.gen(function* () {
      const { dial, endsAfter } = yield* timed(echo, { idleTimeout: 100 })
      const client = yield* dial
      yield* TestClock.adjust(70)
      yield* client.send("p")
      yield* polite(client)
      yield* endsAfter(100, "idle-timeout")
    })
  )

  inMemory(
    "B50 FF-41 what this side sends does not count",
    Effect.gen(function* () {
      const pushes = Handler.connection((connection) =>
        Effect.raceFirst(
          toTheEnd(connection),
          Effect.forever(Effect.andThen(Effect.sleep(10), connection.write(bytes("tick\n"))))
        )
      )
      const { dial, endsAfter } = yield* timed(pushes, { idleTimeout: 100 })
      yield* polite(yield* dial)
      yield* endsAfter(100, "idle-timeout")
    })
  )

  inMemory(
    "B50 FF-42 an actor whose mailbox is never empty is idle when its peer is silent",
    Effect.gen(function* () {
      const mailbox = yield* Queue.unbounded<string>()
      const actor = Handler.connection((connection) =>
        Effect.gen(function* () {
          while (!connection.isDraining) yield* Effect.raceFirst(connection.readable, Queue.take(mailbox))
        })
      )
      const { dial, endsAfter } = yield* timed(actor, { idleTimeout: 100 })
      const mail = Effect.forever(Effect.andThen(Queue.offer(mailbox, "mail"), Effect.sleep(10)))
      yield* Effect.forkChild(mail, { startImmediately: true })
      yield* polite(yield* dial)
      yield* endsAfter(100, "idle-timeout")
    })
  )

  inMemory(
    "B51 stands still while a handler works, and begins when it waits again",
    Effect.gen(function* () {
      const works = Handler.frames({ codec: text }, (line) => Effect.as(Effect.sleep(200), line))
      const { dial, ended, endsAfter } = yield* timed(works, { idleTimeout: 100 })
      const client = yield* dial
      yield* client.send("work\n")
      yield* TestClock.adjust(200)
      assert.strictEqual(yield* client.line, "work\n")
      assert.deepStrictEqual(ended(), [])
      yield* polite(client)
      yield* endsAfter(100, "idle-timeout")
    })
  )

  inMemory(
    "B51 stands still until the last of several frames in flight is answered",
    Effect.gen(function* () {
      const works = Handler.frames({ codec: text, concurrency: 8 }, (line) =>
        Effect.as(Effect.sleep(Number(line)), line)
      )
      const { dial, endsAfter } = yield* timed(works, { idleTimeout: 100 })
      const client = yield* dial
      yield* client.send("30\n250\n170\n")
      yield* polite(client)
      yield* endsAfter(350, "idle-timeout")
    })
  )

  inMemory(
    "B51 stands still while a raw handler does something else than wait for its peer",
    Effect.gen(function* () {
      const slow = Handler.connection((connection) =>
        Effect.andThen(connection.read, Effect.andThen(Effect.sleep(1000), toTheEnd(connection)))
      )
      const { dial, endsAfter } = yield* timed(slow, { idleTimeout: 100 })
      const client = yield* dial
      yield* client.send("x")
      yield* polite(client)
      yield* endsAfter(1100, "idle-timeout")
    })
  )

  inMemory(
    "B53 is independent of a timeout that a handler sets for a read of its own",
    Effect.gen(function* () {
      const impatient = Handler.connection((connection) =>
        Effect.gen(function* () {
          yield* Effect.timeoutOption(connection.readable, 70)
          yield* connection.write(bytes("hurry\n"))
          yield* toTheEnd(connection)
        })
      )
      const { dial, endsAfter } = yield* timed(impatient, { idleTimeout: 100 })
      const client = yield* dial
      yield* TestClock.adjust(70)
      assert.strictEqual(yield* client.line, "hurry\n")
      yield* polite(client)
      yield* endsAfter(30, "idle-timeout")
    })
  )

  inMemory(
    "B51 stands still too when that handler had waited for a while before",
    Effect.gen(function* () {
      const turns = Handler.connection((connection) =>
        Effect.gen(function* () {
          yield* Effect.timeoutOption(connection.readable, 60)
          yield* Effect.sleep(530)
          yield* toTheEnd(connection)
        })
      )
      const { dial, endsAfter } = yield* timed(turns, { idleTimeout: 100 })
      yield* polite(yield* dial)
      yield* endsAfter(630, "idle-timeout")
    })
  )

  inMemory(
    "FF-09 says nothing of a connection whose handler has ended: the close ladder has bounds of its own",
    Effect.gen(function* () {
      const options = { idleTimeout: 50, halfCloseTimeout: 50, closeTimeout: 50, lingerTimeout: 1000 }
      const { dial, endsAfter } = yield* timed(
        Handler.connection(() => Effect.void),
        options
      )
      yield* dial
      yield* endsAfter(1000, "handled")
    })
  )

  inMemory(
    "I-S18 does not begin while the answer is still on its way",
    Effect.gen(function* () {
      const answer = "x".repeat(3000)
      let told = false
      const speaks = Handler.frames({ codec: text }, (_, connection) =>
        Effect.as(
          Effect.forkDetach(
            Effect.andThen(
              connection.draining,
              Effect.sync(() => void (told = true))
            )
          ),
          answer
        )
      )
      const { dial, ended } = yield* timed(speaks, { idleTimeout: 100 })
      const client = yield* dial
      yield* client.send("tell\n")
      yield* TestClock.adjust(350)
      assert.isFalse(told)
      assert.strictEqual(yield* client.line, `${answer}\n`)
      yield* polite(client)
      yield* TestClock.adjust(200)
      assert.deepStrictEqual(ended(), ["idle-timeout"])
    }),
    { link: { sendBufferBytes: 500, receiveBufferBytes: 500 } }
  )

  inMemory(
    "FF-39 a handler that does not end is cut after the close timeout, and the reason stays",
    Effect.gen(function* () {
      const stubborn = Handler.connection((connection) => Effect.andThen(Effect.ignore(connection.read), Effect.never))
      const { dial, endsAfter } = yield* timed(stubborn, { idleTimeout: 100, closeTimeout: 40 })
      const client = yield* dial
      yield* endsAfter(140, "idle-timeout")
      assert.deepStrictEqual(yield* untilEnd(client), { text: "", ending: "ECONNRESET" })
    })
  )

  inMemory(
    "FF-43 the goodbye of the protocol comes before the FIN",
    Effect.gen(function* () {
      const byes = Handler.frames({ codec: text, onDrain: () => Effect.succeed("bye") }, (line) => Effect.succeed(line))
      const { dial } = yield* timed(byes, { idleTimeout: 100 })
      const client = yield* dial
      const reading = yield* polite(client)
      yield* TestClock.adjust(100)
      assert.deepStrictEqual(yield* Fiber.join(reading), { text: "bye\n", ending: "eof" })
    })
  )

  inMemory(
    "FF-43 without options it is 60 seconds, and Infinity is none",
    Effect.gen(function* () {
      const [usual, none] = [yield* serve(echo), yield* serve(echo, { idleTimeout: "Infinity" })]
      yield* polite(yield* connect(usual.address))
      yield* polite(yield* connect(none.address))
      const counts = Effect.zip(
        Effect.map(usual.server.info, ({ connections }) => connections),
        Effect.map(none.server.info, ({ connections }) => connections)
      )
      yield* TestClock.adjust(59_999)
      assert.deepStrictEqual(yield* counts, [1, 1])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* counts, [0, 1])
      yield* TestClock.adjust("10 hours")
      assert.deepStrictEqual(yield* counts, [0, 1])
    })
  )

  inMemory(
    "FF-44 more milliseconds than fit 31 bits are waited for, and not taken for one",
    Effect.gen(function* () {
      const { dial, endsAfter } = yield* timed(echo, { idleTimeout: 2 ** 31 })
      yield* polite(yield* dial)
      yield* endsAfter(2 ** 31, "idle-timeout")
    })
  )
})
