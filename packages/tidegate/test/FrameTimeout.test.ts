import { assert, describe } from "@effect/vitest"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as FramedConnection from "tidegate/FramedConnection"
import * as Handler from "tidegate/Handler"
import { bytes, type Client } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { polite, timed } from "./support/Timed.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))
const skippingLines = Line.make({ encoding: "utf8", maxLength: 4, onTooLong: "discard" })
const skipping = Handler.frames({ codec: skippingLines }, (line) => Effect.succeed(line))

/** A byte every so often, until nobody takes it. */
const trickles = (client: Client, every: number) =>
  Effect.forkChild(Effect.ignore(Effect.forever(Effect.andThen(client.send("x"), Effect.sleep(every)))), {
    startImmediately: true
  })

describe("the frame timeout", () => {
  inMemory(
    "B56 FF-40 one byte at a time does not put it off, though it does put off the idle timeout",
    Effect.gen(function* () {
      const { dial, endsAfter } = yield* timed(echo, { idleTimeout: 100, frameTimeout: 450 })
      const client = yield* dial
      yield* polite(client)
      yield* trickles(client, 60)
      yield* endsAfter(450, "frame-timeout")
    })
  )

  inMemory(
    "B56 FF-40 nor does one byte at a time of a line that is skipped because it is too long",
    Effect.gen(function* () {
      const { dial, endsAfter, recording } = yield* timed(skipping, { idleTimeout: 100, frameTimeout: 450 })
      const client = yield* dial
      yield* polite(client)
      yield* client.send("fine\nmuch too lo")
      yield* trickles(client, 60)
      yield* endsAfter(450, "frame-timeout")
      assert.deepStrictEqual(
        recording.tagged("FrameRefused").map(({ kind, position }) => [kind, position]),
        [["frame_too_long", 5]]
      )
    })
  )

  inMemory(
    "FF-40 the time of a frame that is skipped ends with it, and the next one has its own",
    Effect.gen(function* () {
      const { dial, ended, endsAfter } = yield* timed(skipping, { frameTimeout: 100 })
      const client = yield* dial
      yield* client.send("much too")
      yield* TestClock.adjust(99)
      yield* client.send(" long\nha")
      yield* TestClock.adjust(99)
      yield* client.send("lf\n")
      assert.strictEqual(yield* client.line, "half\n")
      yield* TestClock.adjust(5000)
      assert.deepStrictEqual(ended(), [])
      yield* client.send("much too")
      yield* polite(client)
      yield* endsAfter(100, "frame-timeout")
    })
  )

  inMemory(
    "FF-42 what the server sends, and what happens in it, does not put it off either",
    Effect.gen(function* () {
      const talking = Handler.connection(
        Effect.fnUntraced(function* (connection) {
          const tick = Effect.andThen(Effect.sleep(10), connection.write(bytes("tick\n")))
          yield* Effect.forkScoped(Effect.forever(tick))
          const raised = Effect.forever(Effect.andThen(Effect.sleep(7), connection.setMaxFrameLength(5)))
          yield* Effect.raceFirst(
            Handler.serveFrames(connection, { codec: skippingLines }, (line) => Effect.succeed(line)),
            raised
          )
        })
      )
      const { dial, endsAfter } = yield* timed(talking, { frameTimeout: 200, closeTimeout: 10_000 })
      const client = yield* dial
      yield* polite(client)
      yield* client.send("much too")
      yield* trickles(client, 60)
      yield* endsAfter(200, "frame-timeout")
    })
  )

  for (const [name, sent] of [
    ["a frame", "fine\nha"],
    ["a frame that is skipped", "fine\nmuch too lo"]
  ] as const) {
    inMemory(
      `FF-40 FF-42 ${name} of a conversation, however often its handler gives up waiting in between`,
      Effect.gen(function* () {
        const impatient = Handler.connection(
          Effect.fnUntraced(function* (connection) {
            const lines = yield* FramedConnection.make(connection, skippingLines)
            const line = Effect.timeoutOption(lines.next, 30)
            yield* Effect.catchIf(Effect.forever(line), Cause.isDone, () => Effect.void)
          })
        )
        const { dial, endsAfter } = yield* timed(impatient, { frameTimeout: 100 })
        const client = yield* dial
        yield* polite(client)
        yield* client.send(sent)
        yield* trickles(client, 60)
        yield* endsAfter(100, "frame-timeout")
      })
    )
  }

  inMemory(
    "FF-40 a conversation that peeks for more than comes, and one that has switched its codec",
    Effect.gen(function* () {
      const peeking = Handler.connection(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          yield* lines.next
          const frames = yield* lines.switchTo(LengthPrefixed.u8())
          yield* frames.peek(10)
        })
      )
      const { dial, ended, endsAfter } = yield* timed(peeking, { frameTimeout: 100 })
      const client = yield* dial
      yield* client.send("he")
      yield* TestClock.adjust(60)
      yield* client.send("llo\n")
      yield* TestClock.adjust(60)
      yield* client.send("12345")
      yield* TestClock.adjust(60)
      assert.deepStrictEqual(ended(), [])
      yield* client.send("678")
      yield* polite(client)
      yield* endsAfter(40, "frame-timeout")
    })
  )

  inMemory(
    "FF-40 P12 a frame of the next codec is another one, with a time of its own",
    Effect.gen(function* () {
      const body = Handler.frames({ codec: text }, () =>
        Effect.succeed(Handler.switchTo({ codec: LengthPrefixed.u8() }, (frame) => Effect.succeed(frame)))
      )
      const { dial, ended, endsAfter } = yield* timed(body, { frameTimeout: 100 })
      const client = yield* dial
      yield* client.send("go")
      yield* TestClock.adjust(60)
      yield* client.send("\n\u0003a")
      yield* TestClock.adjust(99)
      assert.deepStrictEqual(ended(), [])
      yield* polite(client)
      yield* endsAfter(1, "frame-timeout")
    })
  )

  inMemory(
    "FF-40 counts from the first byte of the frame, also where that came with the end of the one before",
    Effect.gen(function* () {
      const { dial, ended, endsAfter } = yield* timed(echo, { frameTimeout: 100 })
      const client = yield* dial
      yield* client.send("one")
      yield* TestClock.adjust(99)
      yield* client.send("\ntw")
      assert.strictEqual(yield* client.line, "one\n")
      yield* TestClock.adjust(99)
      yield* client.send("o\n")
      assert.strictEqual(yield* client.line, "two\n")
      yield* TestClock.adjust(5000)
      assert.deepStrictEqual(ended(), [])
      yield* client.send("thr")
      yield* TestClock.adjust(30)
      yield* client.send("ee")
      yield* polite(client)
      yield* endsAfter(70, "frame-timeout")
    })
  )

  inMemory(
    "FF-40 replies that are owed come first, then FIN",
    Effect.gen(function* () {
      const slow = Handler.frames({ codec: text, concurrency: 2 }, (line) => Effect.as(Effect.sleep(300), line))
      const { dial, endsAfter } = yield* timed(slow, { frameTimeout: 100, closeTimeout: 10 })
      const client = yield* dial
      const reading = yield* polite(client)
      yield* client.send("whole\nha")
      yield* endsAfter(300, "frame-timeout")
      assert.deepStrictEqual(yield* Fiber.join(reading), { text: "whole\n", ending: "eof" })
    })
  )

  inMemory(
    "FF-40 a handler that takes its time is not the peer's fault",
    Effect.gen(function* () {
      const slow = Handler.frames({ codec: text }, (line) => Effect.as(Effect.sleep(300), line))
      const { dial, ended, endsAfter } = yield* timed(slow, { frameTimeout: 100 })
      const client = yield* dial
      yield* client.send("whole\nha")
      yield* TestClock.adjust(399)
      assert.strictEqual(yield* client.line, "whole\n")
      assert.deepStrictEqual(ended(), [])
      yield* polite(client)
      yield* endsAfter(1, "frame-timeout")
    })
  )

  inMemory(
    "FF-40 nor is a loop that reads no further because its handlers are all busy",
    Effect.gen(function* () {
      const slow = Handler.frames({ codec: text, concurrency: 2 }, (line) => Effect.as(Effect.sleep(300), line))
      const { dial, endsAfter } = yield* timed(slow, { frameTimeout: 100 })
      const client = yield* dial
      yield* polite(client)
      yield* client.send("one\ntwo\nth")
      yield* endsAfter(400, "frame-timeout")
    })
  )

  inMemory(
    "FF-40 without options it is 30 seconds",
    Effect.gen(function* () {
      const { dial, endsAfter } = yield* timed(echo, { frameTimeout: undefined })
      const client = yield* dial
      yield* polite(client)
      yield* client.send("ha")
      yield* endsAfter(30_000, "frame-timeout")
    })
  )
})
