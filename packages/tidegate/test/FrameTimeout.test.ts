import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as Handler from "tidegate/Handler"
import type { Client } from "./Client.ts"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { polite, timed } from "./support/Timed.ts"

const echo = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

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
