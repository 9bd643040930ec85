/**
 * One connection, several codecs: what a frame changes holds from the very next one.
 */
import { assert } from "@effect/vitest"
import * as FixedLength from "@tidegate/codec/FixedLength"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { FrameFailure, SwitchRefused } from "tidegate/FrameErrors"
import * as Handler from "tidegate/Handler"
import { bytes, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { recorded } from "../support/Recorder.ts"

const decode = (frame: Uint8Array): string => new TextDecoder().decode(frame)
const inUpperCase = (frame: Uint8Array) => Effect.succeed(bytes(decode(frame).toUpperCase()))

const someTurns = Effect.repeat(Effect.yieldNow, { times: 3 })

/** "5\nhello2\nhi": a line says how long the body behind it is, which comes back in upper case. */
const bodies: Handler.Handler<unknown> = Handler.frames({ codec: text }, (line) => header(line))

const header = (line: string): Effect.Effect<Handler.Switch<never, never, never>> =>
  Effect.succeed(
    Handler.switchTo({ codec: FixedLength.make({ length: Number(line) }) }, (body) =>
      Effect.succeed(Handler.switchTo({ codec: text }, header, bytes(decode(body).toUpperCase())))
    )
  )

/** Lines until somebody says STARTTLS, then frames with a length in front. */
const upgrading = (concurrency: number, slowly: boolean) =>
  Handler.frames({ codec: text, concurrency }, (line) => {
    const done = <A>(result: A) => (slowly ? Effect.as(someTurns, result) : Effect.succeed(result))
    return line === "STARTTLS"
      ? done(Handler.switchTo({ codec: LengthPrefixed.u8(), concurrency: 2 }, inUpperCase, "go ahead"))
      : done(`plain ${line}`)
  })

const upgrade = "one\ntwo\nSTARTTLS\n\u0003abc\u0000\u0003d\ne"
const upgraded = "plain one\nplain two\ngo ahead\n\u0003ABC\u0000\u0003D\nE"

/** Everything that the handler answers to what is sent: in one piece, and a byte at a time. */
const answers = (name: string, handler: Handler.Handler<unknown>, sent: string, expected: string): Behaviour => ({
  name,
  run: Effect.gen(function* () {
    const { address } = yield* serve(handler)
    const atOnce = yield* connect(address)
    yield* atOnce.send(sent)
    yield* atOnce.end
    assert.deepStrictEqual(yield* atOnce.rest, { text: expected, ending: "eof" })
    const inPieces = yield* connect(address)
    for (const byte of bytes(sent)) {
      yield* inPieces.connection.write(Uint8Array.of(byte))
      yield* inPieces.connection.flush
    }
    yield* inPieces.end
    assert.deepStrictEqual(yield* inPieces.rest, { text: expected, ending: "eof" })
  })
})

const hundred = Line.make({ encoding: "utf8", maxLength: 100 })

/** Ten bytes a line before "login", a hundred afterwards, and ten again after "logout". */
const guarded = Handler.frames({ codec: hundred, maxFrameLength: 10 }, (line, connection) => {
  const limit = line === "login" ? 100 : line === "logout" ? 10 : undefined
  return limit === undefined ? Effect.succeed(line) : Effect.as(connection.setMaxFrameLength(limit), line)
})
const forty = "x".repeat(40)

export const switching: ReadonlyArray<Behaviour> = [
  answers(
    "P12 S106 a header says how long its body is: exact, whatever came in one chunk",
    bodies,
    "5\nhello2\nhi3\na\nb1\n!",
    "HELLOHIA\nB!"
  ),
  answers(
    "P12 S49 another codec from the next frame on: what was owed before it comes first",
    upgrading(1, false),
    upgrade,
    upgraded
  ),
  answers("P12 S49 the same where each frame takes its time", upgrading(1, true), upgrade, upgraded),
  answers(
    "P10 a maximum that a frame has raised holds from the very next one",
    guarded,
    `login\n${forty}\n`,
    `login\n${forty}\n`
  ),
  {
    name: "P10 FF-34 a maximum that a frame has lowered holds from the very next one, also of the same chunk",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address } = yield* serve(guarded)
        const client = yield* connect(address)
        yield* client.send(`login\n${forty}\nlogout\n${forty}\nlost\n`)
        assert.deepStrictEqual(yield* client.rest, { text: `login\n${forty}\nlogout\n`, ending: "eof" })
        yield* client.end
        assert.strictEqual((yield* recorder.nextEnd).reason, "broken-frame")
        assert.deepStrictEqual(
          recorder.events
            .filter((event) => event._tag === "FrameRefused")
            .map(({ fatal, kind, position }) => [kind, position, fatal]),
          [["frame_too_long", 54, true]]
        )
      })
    )
  },
  {
    name: "P10 a frame longer than the first maximum is refused where nothing has raised it",
    run: Effect.gen(function* () {
      const { address } = yield* serve(guarded)
      const client = yield* connect(address)
      yield* client.send(`${forty}\n`)
      assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
    })
  },
  {
    name: "P12 S48 the options of a switch are in force behind it: two frames at once, then",
    run: Effect.gen(function* () {
      const both = yield* Deferred.make<void>()
      const { address } = yield* serve(
        Handler.frames({ codec: text }, () =>
          Effect.succeed(
            Handler.switchTo({ codec: text, concurrency: 2 }, (line) =>
              line === "second"
                ? Effect.as(Deferred.succeed(both, undefined), line)
                : Effect.as(Deferred.await(both), line)
            )
          )
        )
      )
      const client = yield* connect(address)
      yield* client.send("go\nfirst\nsecond\n")
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: "first\nsecond\n", ending: "eof" })
    })
  },
  {
    name: "P12 S49 a switch among frames that are handled at once is refused, after the replies before it",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const failures: Array<unknown> = []
        const { address } = yield* serve(
          Handler.connection((connection) =>
            Effect.tapError(upgrading(3, false).serve(connection), (error) =>
              Effect.sync(() => void failures.push(error))
            )
          )
        )
        const client = yield* connect(address)
        yield* client.send(upgrade)
        assert.deepStrictEqual(yield* client.rest, { text: "plain one\nplain two\n", ending: "eof" })
        yield* client.end
        assert.strictEqual((yield* recorder.nextEnd).reason, "failed")
        const [refused] = failures
        assert.instanceOf(refused, SwitchRefused)
        assert.deepInclude(refused, { codec: "line", to: "u8", concurrency: 3 })
        assert.include(refused.message, "allowed is 1")
      })
    )
  },
  {
    name: "P12 S105 a broken frame of the second codec is told where it stands in the connection",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const failures: Array<unknown> = []
        const strict = Handler.frames({ codec: text }, () =>
          Effect.succeed(Handler.switchTo({ codec: LengthPrefixed.u8({ maxFrameLength: 4 }) }, inUpperCase))
        )
        const { address } = yield* serve(
          Handler.connection((connection) =>
            Effect.tapError(strict.serve(connection), (error) => Effect.sync(() => void failures.push(error)))
          )
        )
        const client = yield* connect(address)
        yield* client.send("go\n\u0002ab\u0009too long")
        assert.deepStrictEqual(yield* client.rest, { text: "\u0002AB", ending: "eof" })
        yield* client.end
        yield* recorder.nextEnd
        const [failure] = failures
        assert.instanceOf(failure, FrameFailure)
        assert.strictEqual(failure.error.position, 3)
        assert.strictEqual(failure.position, 6)
        assert.include(failure.message, "counted from byte 3 of the connection")
        assert.deepStrictEqual(
          recorder.events
            .filter((event) => event._tag === "FrameRefused")
            .map(({ codec, position }) => [codec, position]),
          [["u8", 6]]
        )
      })
    )
  },
  {
    name: "B7 P12 options of a switch that are none end their own connection as a defect",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address } = yield* serve(
          Handler.frames({ codec: text }, () =>
            Effect.succeed(Handler.switchTo({ codec: text, concurrency: 0 }, (line) => Effect.succeed(line)))
          )
        )
        const client = yield* connect(address)
        yield* client.send("go\n")
        assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
        yield* client.end
        assert.strictEqual((yield* recorder.nextEnd).reason, "failed")
        assert.strictEqual(recorder.lines("Error").length, 1)
      })
    )
  },
  {
    name: "P10 a maximum for a connection whose frames nobody reads is a mistake that is told",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address } = yield* serve(Handler.connection((connection) => connection.setMaxFrameLength(10)))
        const client = yield* connect(address)
        assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
        yield* client.end
        assert.strictEqual((yield* recorder.nextEnd).reason, "failed")
      })
    )
  }
]
