import { assert, describe } from "@effect/vitest"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Connection"
import { InvalidOptions } from "tidegate/Errors"
import * as FramedConnection from "tidegate/FramedConnection"
import * as Handler from "tidegate/Handler"
import { text } from "./support/Behaviour.ts"
import { inMemory } from "./support/InMemory.ts"
import { atRest, polite, timed } from "./support/Timed.ts"

describe("an idle timeout of the connection's own", () => {
  const asks = Handler.frames({ codec: text }, (line, connection) => {
    const [word, value] = line.split(" ")
    const timeout = value === undefined ? undefined : value === "Infinity" ? value : Number(value)
    if (word === "once") return Effect.as(connection.expectWithin(timeout ?? 0), "ok")
    if (word === "lasting") return Effect.as(connection.setIdleTimeout(timeout), "ok")
    return Effect.succeed(line)
  })
  const say = (
    client: { send: (line: string) => Effect.Effect<void, unknown>; line: Effect.Effect<unknown> },
    line: string
  ) => Effect.andThen(client.send(`${line}\n`), client.line)

  for (const [kind, once] of [
    ["shorter", 20],
    ["longer", 300]
  ] as const) {
    inMemory(
      `B52 once, ${kind}: honoured for the next byte`,
      Effect.gen(function* () {
        const { dial, endsAfter } = yield* timed(asks, { idleTimeout: 100 })
        const client = yield* dial
        yield* say(client, `once ${once}`)
        yield* polite(client)
        yield* endsAfter(once, "idle-timeout")
      })
    )

    inMemory(
      `B52 once, ${kind}: forgotten after the next byte`,
      Effect.gen(function* () {
        const { dial, endsAfter } = yield* timed(asks, { idleTimeout: 100 })
        const client = yield* dial
        yield* say(client, `once ${once}`)
        yield* TestClock.adjust(once - 1)
        yield* say(client, "here")
        yield* polite(client)
        yield* endsAfter(100, "idle-timeout")
      })
    )
  }

  inMemory(
    "B52 once, without end: until the next byte",
    Effect.gen(function* () {
      const { dial, ended, endsAfter } = yield* timed(asks, { idleTimeout: 100 })
      const client = yield* dial
      yield* say(client, "once Infinity")
      yield* TestClock.adjust("10 days")
      assert.deepStrictEqual(ended(), [])
      yield* say(client, "here")
      yield* polite(client)
      yield* endsAfter(100, "idle-timeout")
    })
  )

  inMemory(
    "B52 lasting: until it is changed",
    Effect.gen(function* () {
      const { dial, ended, endsAfter } = yield* timed(asks, { idleTimeout: 100 })
      const client = yield* dial
      yield* say(client, "lasting 500")
      for (let word = 0; word < 3; word++) {
        yield* TestClock.adjust(499)
        yield* say(client, "here")
      }
      assert.deepStrictEqual(ended(), [])
      yield* say(client, "lasting 20")
      yield* TestClock.adjust(19)
      yield* say(client, "lasting")
      yield* polite(client)
      yield* endsAfter(100, "idle-timeout")
    })
  )

  inMemory(
    "B52 asked for while the loop waits, it counts from then",
    Effect.gen(function* () {
      const pings = Handler.connection((connection) =>
        Effect.gen(function* () {
          const pong = Effect.andThen(Effect.sleep(60), connection.expectWithin(15))
          yield* Effect.raceFirst(
            Handler.serveFrames(connection, { codec: text }, Effect.succeed),
            Effect.andThen(pong, Effect.never)
          )
        })
      )
      const { dial, endsAfter } = yield* timed(pings, { idleTimeout: 100 })
      yield* polite(yield* dial)
      yield* endsAfter(75, "idle-timeout")
    })
  )

  inMemory(
    "B52 lasting, asked for by somebody else while the handler waits: it counts from the last byte",
    Effect.gen(function* () {
      const own: Array<Connection> = []
      const reads = Handler.connection((connection) => {
        own.push(connection)
        return Effect.ignore(Effect.forever(connection.read))
      })
      const { dial, endsAfter } = yield* timed(reads, { idleTimeout: 1000 })
      const client = yield* dial
      yield* client.send("ping\n")
      yield* atRest
      yield* polite(client)
      yield* TestClock.adjust(80)
      for (const connection of own) yield* connection.setIdleTimeout(100)
      yield* endsAfter(20, "idle-timeout")
    })
  )

  inMemory(
    "B52 where the server has none, a connection can have one",
    Effect.gen(function* () {
      const { dial, endsAfter } = yield* timed(asks, { idleTimeout: "Infinity" })
      const [once, lasting] = [yield* dial, yield* dial]
      yield* say(once, "once 20")
      yield* say(lasting, "lasting 50")
      yield* polite(once)
      yield* polite(lasting)
      yield* endsAfter(20, "idle-timeout")
      yield* endsAfter(30, "idle-timeout")
    })
  )

  inMemory(
    "B52 a duration that is none is a defect that names it",
    Effect.gen(function* () {
      const causes: Array<unknown> = []
      const wrong = Handler.connection((connection) =>
        Effect.gen(function* () {
          for (const effect of [connection.setIdleTimeout(-1), connection.expectWithin(Number.NaN)]) {
            const exit = yield* Effect.exit(effect)
            if (Exit.isFailure(exit)) causes.push(Cause.squash(exit.cause))
          }
        })
      )
      const { dial, recording } = yield* timed(wrong, {})
      yield* polite(yield* dial)
      yield* recording.until("ConnectionEnded")
      assert.isTrue(causes.length === 2 && causes.every((cause) => cause instanceof InvalidOptions))
      assert.include(String(causes[0]), "timeout: got -1")
    })
  )

  for (const kind of ["frames", "a conversation"] as const) {
    inMemory(
      `B21 B52 an upgrade to another codec with an idle timeout of its own, then silence: it ends then (${kind})`,
      Effect.gen(function* () {
        const upgrading = Handler.frames({ codec: text }, (_, connection) =>
          Effect.as(
            connection.setIdleTimeout(40),
            Handler.switchTo({ codec: LengthPrefixed.u8() }, (frame) => Effect.succeed(frame), "ok")
          )
        )
        const talking = Handler.connection(
          Effect.fnUntraced(function* (connection) {
            const lines = yield* FramedConnection.make(connection, text)
            yield* lines.next
            yield* lines.write("ok")
            yield* connection.setIdleTimeout(40)
            const frames = yield* lines.switchTo(LengthPrefixed.u8())
            const echo = Effect.flatMap(frames.next, (frame) => frames.write(frame))
            yield* Effect.catchIf(Effect.forever(echo), Cause.isDone, () => Effect.void)
          })
        )
        const { dial, ended, endsAfter } = yield* timed(kind === "frames" ? upgrading : talking, { idleTimeout: 100 })
        const client = yield* dial
        yield* TestClock.adjust(90)
        yield* say(client, "upgrade")
        yield* client.send("\u0001\n")
        assert.strictEqual(yield* client.line, "\u0001\n")
        yield* TestClock.adjust(39)
        assert.deepStrictEqual(ended(), [])
        yield* polite(client)
        yield* endsAfter(1, "idle-timeout")
      })
    )
  }
})
