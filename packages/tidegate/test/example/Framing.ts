/**
 * The handlers of the guide on framing.
 */
import * as CodecStream from "@tidegate/codec/effect/CodecStream"
import * as FixedLength from "@tidegate/codec/FixedLength"
import { isFrameError } from "@tidegate/codec/FrameError"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ConnectionStream from "tidegate/ConnectionStream"
import * as FramedConnection from "tidegate/FramedConnection"
import * as Handler from "tidegate/Handler"

const lines = Line.make({ encoding: "utf8", maxLength: 1024, onTooLong: "discard" })

export const readLog = (chunks: Iterable<Uint8Array>): ReadonlyArray<string> => {
  const decoder = lines.decoder()
  const found: Array<string> = []
  for (const chunk of chunks) {
    decoder.feed(chunk)
    for (let line = decoder.next(); line !== undefined; line = decoder.next()) {
      found.push(isFrameError(line) ? `? ${line.message}` : line)
    }
  }
  return found
}

export const shout = Handler.frames({ codec: lines }, (line) => Effect.succeed(line.toUpperCase()))

export const count = Handler.connection((connection) =>
  ConnectionStream.chunks(connection).pipe(
    CodecStream.decode(lines, { onError: "skip" }),
    Stream.runCount,
    Effect.flatMap((total) => connection.write(new TextEncoder().encode(`${total} lines\n`)))
  )
)

/** "5\nhello": a line says how long the body behind it is; the body is answered, and the next line may come. */
const header = Line.make({ encoding: "utf8", maxLength: 4 })

const onHeader = (line: string): Effect.Effect<Handler.Switch<never, string, never>, string> => {
  const length = Number(line)
  if (!Number.isSafeInteger(length) || length < 1) return Effect.fail(`not a length: ${line}`)
  const body = FixedLength.make({ length })
  return Effect.succeed(
    Handler.switchTo({ codec: body }, (bytes) => Effect.succeed(Handler.switchTo({ codec: header }, onHeader, bytes)))
  )
}

export const bodies = Handler.frames({ codec: header }, onHeader)

/** Lines at first; who says so goes on with a length in front of each message. */
export const upgrading = Handler.frames({ codec: lines }, (line) =>
  Effect.succeed(
    line === "UPGRADE"
      ? Handler.switchTo({ codec: LengthPrefixed.u16be() }, (message) => Effect.succeed(message), "go ahead")
      : `you said ${line}`
  )
)

/** The same bodies, told as a conversation. */
export const conversation = Handler.connection(
  Effect.fnUntraced(function* (connection) {
    let framed = yield* FramedConnection.make(connection, header)
    yield* framed.write("ok?")
    for (;;) {
      const line = yield* Effect.catchIf(framed.next, Cause.isDone, () => Effect.succeed(undefined))
      if (line === undefined) return
      const body = yield* framed.switchTo(FixedLength.make({ length: Number(line) }))
      yield* body.write(yield* body.next)
      framed = yield* body.switchTo(header)
    }
  })
)

/** A tunnel: after the first line the bytes are nobody's frames. */
export const tunnel = Handler.connection(
  Effect.fnUntraced(function* (connection) {
    const framed = yield* FramedConnection.make(connection, lines)
    const target = yield* framed.next
    yield* framed.write(`connected to ${target}`)
    yield* framed.detach
    yield* Stream.runForEach(ConnectionStream.chunks(connection), (chunk) => connection.write(chunk))
  })
)

/** Two protocols on one port: TLS records begin with a 22, and text does not. */
export const eitherOf = (text: Handler.Handler<unknown>, other: Handler.Handler<unknown>) =>
  Handler.connection(
    Effect.fnUntraced(function* (connection) {
      const framed = yield* FramedConnection.make(connection, lines)
      const [first] = yield* framed.peek(1)
      yield* framed.detach
      yield* (first === 22 ? other : text).serve(connection)
    })
  )

/** 64 bytes a line for strangers, 1024 for who has logged in. */
export const guarded = Handler.frames({ codec: lines, maxFrameLength: 64 }, (line, connection) =>
  line === "LOGIN secret" ? Effect.as(connection.setMaxFrameLength(1024), "welcome") : Effect.succeed(line)
)
