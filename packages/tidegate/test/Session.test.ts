import { assert, describe, it } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import * as TestClock from "effect/testing/TestClock"
import { transportError } from "tidegate/Errors"
import type { EndReason } from "tidegate/Events"
import * as Handler from "tidegate/Handler"
import { type LiveCell, liveSettings } from "../src/LiveSettings.ts"
import type { Session } from "../src/Session.ts"
import { endReason } from "../src/SessionEnd.ts"
import { alone, unbegun } from "./support/Alone.ts"
import { oneByteBuffers, type Pair, pair, received } from "./support/Pair.ts"
import { settled } from "./support/Quiet.ts"

const settings: LiveCell = {
  current: liveSettings({
    closeTimeout: Duration.seconds(5),
    lingerTimeout: Duration.seconds(2),
    maxLingerBytes: 10
  })
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Case extends Pair {
  readonly session: Session
}

/** A session under way, what its peer does then, and how it has ended; with the levels of what was logged. */
const ended = (
  handler: Handler.Handler<unknown>,
  act: (given: Case) => Effect.Effect<unknown, unknown>,
  prepare: (session: Session) => void = () => {}
) => {
  const levels: Array<LogLevel.LogLevel> = []
  const logger = Logger.make(({ logLevel }) => void levels.push(logLevel))
  return Effect.gen(function* () {
    const both = yield* pair(oneByteBuffers)
    const { over, session } = yield* alone(both.connection, handler, settings)
    prepare(session)
    session.beginUnsafe()
    yield* act({ ...both, session })
    yield* over
    return { reason: endReason(session), levels }
  }).pipe(Effect.provideService(References.MinimumLogLevel, "Trace"), Effect.provide(Logger.layer([logger])))
}

const quiet = ({ client, server }: Pair) => settled(() => server.bytesIn + client.bytesIn + server.queuedUnsafe())

const endsPolitely = (given: Case) => Effect.andThen(received(given.client), given.client.end)

const drain = (session: Session): void => {
  const { framesIn, inFlight } = session.connection
  session.ending.drainBegan = { framesIn, inFlight }
  session.connection.beginDrainUnsafe()
}

const readsToTheEnd = Handler.connection((connection) =>
  Effect.catchTag(Effect.forever(connection.read), "Done", () => Effect.void)
)
const endsAtOnce = Handler.connection(() => Effect.void)
const waitsForDrain = Handler.connection((connection) => connection.draining)
const fails = Handler.connection(() => Effect.fail("refused"))
const echo = Handler.frames({ codec: Line.make({ maxLength: 4, onTooLong: "fatal" }) }, (line) => Effect.succeed(line))

describe("the one reason for the end of a session", () => {
  it.effect("FF-20 eof: the peer ended first", () =>
    Effect.gen(function* () {
      const seen = yield* ended(readsToTheEnd, ({ client }) => client.end)
      assert.deepStrictEqual(seen, { reason: "eof", levels: [] })
    })
  )

  it.effect("FF-20 handled: the handler finished first, and a FIN that answers ours is no eof", () =>
    Effect.gen(function* () {
      const seen = yield* ended(endsAtOnce, endsPolitely)
      assert.deepStrictEqual(seen, { reason: "handled", levels: [] })
    })
  )

  it.effect("FF-20 handled too where the handler aborts its own connection", () =>
    Effect.gen(function* () {
      const seen = yield* ended(
        Handler.connection((connection) => connection.abort),
        () => Effect.void
      )
      assert.deepStrictEqual(seen, { reason: "handled", levels: [] })
    })
  )

  it.effect("FF-20 handled, and nothing logged, where a frame's effect aborts its own connection and then fails", () =>
    Effect.gen(function* () {
      for (const concurrency of [1, 2]) {
        const handler = Handler.frames({ codec: Line.make(), concurrency }, (_line, connection) =>
          Effect.andThen(connection.abort, Effect.fail("after that"))
        )
        const seen = yield* ended(handler, ({ client }) => client.write(bytes("a\n")))
        assert.deepStrictEqual(seen, { reason: "handled", levels: ["Debug"] })
      }
    })
  )

  it.effect("drained: a drain found it at work", () =>
    Effect.gen(function* () {
      const seen = yield* ended(waitsForDrain, (given) => {
        drain(given.session)
        return endsPolitely(given)
      })
      assert.deepStrictEqual(seen, { reason: "drained", levels: [] })
    })
  )

  it.effect("idle: a drain found it without work; with a frame in flight it is drained", () =>
    Effect.gen(function* () {
      const waiting = yield* ended(echo, (given) => {
        drain(given.session)
        return endsPolitely(given)
      })
      assert.deepStrictEqual(waiting, { reason: "idle", levels: [] })
      const gate = yield* Deferred.make<void>()
      const slow = Handler.frames({ codec: Line.make() }, (line) => Effect.as(Deferred.await(gate), line))
      const working = yield* ended(slow, (given) =>
        Effect.gen(function* () {
          yield* given.client.write(bytes("a\n"))
          yield* quiet(given)
          drain(given.session)
          yield* Deferred.succeed(gate, undefined)
          yield* endsPolitely(given)
        })
      )
      assert.deepStrictEqual(working, { reason: "drained", levels: [] })
    })
  )

  it.effect("drained: a frame that had arrived when the drain began, and was handed out after it, is work too", () =>
    Effect.gen(function* () {
      const seen = yield* ended(echo, (given) => {
        drain(given.session)
        // As if a frame had come out of the chunks that were still to be read.
        given.connection.framesIn++
        return endsPolitely(given)
      })
      assert.deepStrictEqual(seen, { reason: "drained", levels: [] })
    })
  )

  it.effect(
    "reset: the peer's RST, told to the handler or found out by the close ladder; of no concern to an operator",
    () =>
      Effect.gen(function* () {
        const told = yield* ended(readsToTheEnd, ({ client }) => client.abort)
        assert.deepStrictEqual(told, { reason: "reset", levels: ["Debug"] })
        const found = yield* ended(endsAtOnce, ({ client }) => client.abort)
        assert.deepStrictEqual(found, { reason: "reset", levels: [] })
      })
  )

  it.effect("timeout: the kernel gave the peer up", () =>
    Effect.gen(function* () {
      const seen = yield* ended(readsToTheEnd, ({ network, server }) =>
        network.failOperation({ operation: "read", end: server, code: "ETIMEDOUT", unprompted: true })
      )
      assert.deepStrictEqual(seen, { reason: "timeout", levels: ["Debug"] })
    })
  )

  it.effect("FF-09 stalled: the peer took nothing of what it was owed", () =>
    Effect.gen(function* () {
      const floods = Handler.connection((connection) => connection.write(bytes("0123456789")))
      const seen = yield* ended(floods, (given) =>
        Effect.gen(function* () {
          yield* quiet(given)
          yield* TestClock.adjust("5 seconds")
          yield* quiet(given)
          yield* TestClock.adjust("5 seconds")
        })
      )
      assert.deepStrictEqual(seen, { reason: "stalled", levels: [] })
    })
  )

  it.effect("broken-frame: its bytes were no frames; the operator is warned", () =>
    Effect.gen(function* () {
      const seen = yield* ended(echo, (given) =>
        Effect.andThen(given.client.write(bytes("too long\n")), endsPolitely(given))
      )
      assert.deepStrictEqual(seen, { reason: "broken-frame", levels: ["Warn"] })
    })
  )

  it.effect("S66 failed: the handler's failure, defect or throw; the peer still gets FIN", () =>
    Effect.gen(function* () {
      const throwing: Handler.Handler = {
        _tag: "Handler",
        serve: () => {
          throw new Error("defect")
        }
      }
      for (const handler of [fails, Handler.connection(() => Effect.die("defect")), throwing]) {
        const seen = yield* ended(handler, (given) =>
          Effect.andThen(
            endsPolitely(given),
            Effect.sync(() => assert.strictEqual(given.client.inputEnd, "eof"))
          )
        )
        assert.deepStrictEqual(seen, { reason: "failed", levels: ["Error"] })
      }
    })
  )

  it.effect("S66 failed: what happens to another connection is a failure of the handler that used it", () =>
    Effect.gen(function* () {
      const handler = Handler.connection(() => Effect.fail(transportError("read", "ECONNRESET", "10.0.0.1:80")))
      assert.deepStrictEqual(yield* ended(handler, endsPolitely), { reason: "failed", levels: ["Error"] })
    })
  )

  it.effect("a logger that throws does not take the peer's FIN away", () =>
    Effect.gen(function* () {
      const throwing = Logger.make((): void => {
        throw new Error("a logger's defect")
      })
      const { client, connection, server } = yield* pair()
      const { over, session } = yield* Effect.provide(alone(connection, fails, settings), Logger.layer([throwing]))
      session.beginUnsafe()
      yield* received(client)
      assert.strictEqual(client.inputEnd, "eof")
      yield* client.end
      yield* over
      assert.strictEqual(server.closeReason, "both-ended")
      assert.strictEqual(endReason(session), "failed")
    })
  )

  // Left to right: the first that applies is the reason.
  const order: ReadonlyArray<readonly [EndReason, (session: Session) => void]> = [
    ["aborted", (session) => void (session.ending.aborted = true)],
    ["failed", (session) => void (session.ending.handlerEnd = "failed")],
    ["stalled", (session) => void (session.ending.stalled = true)],
    ["reset", () => {}]
  ]

  it.effect("B83 several at once: aborted before failed before stalled before how the connection closed", () =>
    Effect.gen(function* () {
      const { client, connection, server } = yield* pair()
      yield* client.abort
      yield* server.readable
      order.forEach(([expected], at) => {
        const session = unbegun(connection)
        for (const [, set] of order.slice(at)) set(session)
        assert.strictEqual(endReason(session), expected)
      })
    })
  )

  it.effect("B83 how the connection closed comes before how the handler finished", () =>
    Effect.gen(function* () {
      for (const [code, expected] of [
        ["ETIMEDOUT", "timeout"],
        ["EIO", "failed"]
      ] as const) {
        const { connection, network, server } = yield* pair()
        yield* network.failOperation({ operation: "read", end: server, code, unprompted: true })
        yield* server.readable
        yield* server.closed
        for (const handlerEnd of ["eof", "handled", "drained", "idle"] as const) {
          const session = unbegun(connection)
          session.ending.handlerEnd = handlerEnd
          assert.strictEqual(endReason(session), expected)
        }
      }
    })
  )

  it.effect("aborted while the handler runs: no ladder, no log, whatever the handler's finalizers do", () =>
    Effect.gen(function* () {
      const stubborn = Handler.connection(() => Effect.ensuring(Effect.never, Effect.yieldNow))
      const { connection, server } = yield* pair()
      const { over, session } = yield* alone(connection, stubborn, settings)
      session.beginUnsafe()
      session.ending.aborted = true
      server.abortUnsafe()
      session.fiber?.interruptUnsafe()
      yield* over
      assert.strictEqual(server.closeReason, "reset-sent")
      assert.strictEqual(endReason(session), "aborted")
    })
  )
})
