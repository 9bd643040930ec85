/**
 * Frames one after the other, inside a handler of the whole connection.
 */
import { assert } from "@effect/vitest"
import * as FixedLength from "@tidegate/codec/FixedLength"
import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import * as Line from "@tidegate/codec/Line"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import type { Connection } from "tidegate/Connection"
import * as ConnectionStream from "tidegate/ConnectionStream"
import * as FramedConnection from "tidegate/FramedConnection"
import { FrameFailure, FramesGivenUp, FramesTaken } from "tidegate/FrameErrors"
import * as Handler from "tidegate/Handler"
import { bytes, type Client, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { recorded } from "../support/Recorder.ts"

const decode = (chunk: Uint8Array): string => new TextDecoder().decode(chunk)

/** What a handler gives to who tests it; its failure is the test's. */
const inHandler = <A, E>(
  use: (connection: Connection) => Effect.Effect<A, E>,
  meanwhile: (client: Client) => Effect.Effect<unknown, unknown>
) =>
  Effect.gen(function* () {
    let exit: Effect.Effect<A, E> = Effect.die("it was not served")
    const handler = Handler.connection((connection) =>
      Effect.map(Effect.exit(use(connection)), (ended) => void (exit = ended))
    )
    const { address } = yield* serve(handler)
    const client = yield* connect(address)
    yield* meanwhile(client)
    const { text: received } = yield* client.rest
    return { result: yield* exit, received }
  })

const all = <In, Out>(framed: FramedConnection.FramedConnection<In, Out>) =>
  Stream.runCollect(ConnectionStream.frames(framed))

/** Gives the defect that a fiber has died of. */
const defectOf = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.sandbox(Effect.flip(Effect.sandbox(effect))), (cause) => Cause.squash(cause))

const discards = Line.make({ encoding: "utf8", maxLength: 4, onTooLong: "discard" })
const tooMany = "much too long\n".repeat(100)

export const conversations: ReadonlyArray<Behaviour> = [
  {
    name: "S101 S103 B67 frames in sequence, then a Done at EOF: the server may speak first, and last",
    run: Effect.gen(function* () {
      const { received, result } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          yield* lines.write("your name?")
          const name = yield* lines.next
          yield* lines.writeAll([`hello ${name}`, "go on"])
          const rest = yield* all(lines)
          yield* lines.write("goodbye")
          return rest
        }),
        (client) =>
          Effect.gen(function* () {
            assert.strictEqual(yield* client.line, "your name?\n")
            yield* client.send("Ada\none\ntw")
            yield* client.send("o\n")
            yield* client.end
          })
      )
      assert.deepStrictEqual(result, ["one", "two"])
      assert.strictEqual(received, "hello Ada\ngo on\ngoodbye\n")
    })
  },
  {
    name: "S51 I-S12 what writeAll has taken leaves in one turn, however many others write",
    run: Effect.gen(function* () {
      const batch = Array.from({ length: 20 }, (_, at) => `batch ${at}`)
      const { received } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          const one = Effect.repeat(lines.write("one"), { times: 30 })
          yield* Effect.all([one, lines.writeAll(batch), one], { concurrency: "unbounded" })
        }),
        () => Effect.void
      )
      assert.include(received, batch.map((line) => `${line}\n`).join(""))
    })
  },
  {
    name: "P6 S54 a frame that the other side would refuse is not sent, nor any of its batch",
    run: Effect.gen(function* () {
      const { received, result } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          const alone = yield* Effect.flip(lines.write("two\nlines"))
          const inBatch = yield* Effect.flip(lines.writeAll(["one", "two\nlines", "three"]))
          yield* lines.write("still here")
          return [alone, inBatch]
        }),
        () => Effect.void
      )
      for (const failure of result) {
        assert.instanceOf(failure, FrameFailure)
        assert.deepInclude(failure, { operation: "encode", codec: "line" })
        assert.strictEqual(failure.error.kind, "contains_delimiter")
      }
      assert.deepStrictEqual(
        result.map((failure) => failure instanceof FrameFailure && failure.error.frame),
        [undefined, 1]
      )
      assert.strictEqual(received, "still here\n")
    })
  },
  {
    name: "P12 FF-35 header then body, a byte at a time and in one chunk: each codec begins where the one before has ended",
    run: Effect.gen(function* () {
      const conversation = Effect.fnUntraced(function* (connection: Connection) {
        const seen: Array<string> = []
        let lines = yield* FramedConnection.make(connection, text)
        for (;;) {
          const size = yield* Effect.catchIf(lines.next, Cause.isDone, () => Effect.succeed(undefined))
          if (size === undefined) return seen
          const body = yield* lines.switchTo(FixedLength.make({ length: Number(size) }))
          seen.push(decode(yield* body.next))
          lines = yield* body.switchTo(text)
        }
      })
      const sent = "5\nhello2\nhi3\na\nb1\n!"
      const atOnce = yield* inHandler(conversation, (client) => Effect.andThen(client.send(sent), client.end))
      assert.deepStrictEqual(atOnce.result, ["hello", "hi", "a\nb", "!"])
      const inPieces = yield* inHandler(conversation, (client) =>
        Effect.andThen(
          Effect.forEach(bytes(sent), (byte) =>
            Effect.andThen(client.connection.write(Uint8Array.of(byte)), client.connection.flush)
          ),
          client.end
        )
      )
      assert.deepStrictEqual(inPieces.result, atOnce.result)
    })
  },
  {
    name: "P12 peek waits for as many bytes, takes none, and gives fewer at EOF only",
    run: Effect.gen(function* () {
      const { result } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          const none = decode(yield* lines.peek(0))
          const three = decode(yield* lines.peek(3))
          const nine = decode(yield* lines.peek(9))
          const first = yield* lines.next
          const more = decode(yield* lines.peek(100))
          return [none, three, nine, first, more, yield* lines.next, decode(yield* lines.peek(1))]
        }),
        (client) =>
          Effect.gen(function* () {
            yield* client.send("ab")
            yield* client.connection.flush
            yield* client.send("cdef\nghi\n")
            yield* client.end
          })
      )
      assert.deepStrictEqual(result, ["", "abc", "abcdef\ngh", "abcdef", "ghi\n", "ghi", ""])
    })
  },
  {
    name: "P12 back to bytes: what came behind the last frame is read first, then the rest",
    run: Effect.gen(function* () {
      const { result } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          const first = yield* lines.next
          const raw = yield* lines.detach
          assert.strictEqual(raw, connection)
          let read = ""
          const readOn = Effect.map(connection.read, (chunk) => void (read += decode(chunk)))
          yield* Effect.catchIf(Effect.forever(readOn), Cause.isDone, () => Effect.void)
          return [first, read, connection.bytesIn]
        }),
        (client) =>
          Effect.gen(function* () {
            yield* client.send("CONNECT\nraw by")
            yield* client.connection.flush
            yield* client.send("tes\n\n")
            yield* client.end
          })
      )
      assert.deepStrictEqual(result, ["CONNECT", "raw bytes\n\n", 19])
    })
  },
  {
    name: "P12 B67 a conversation goes on as frames in, replies out, with everything that had arrived",
    run: Effect.gen(function* () {
      const { received } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          const name = yield* lines.next
          yield* lines.serve({ concurrency: 2 }, (line) => Effect.succeed(`${name}: ${line}`))
          yield* connection.write(bytes("goodbye\n"))
        }),
        (client) => Effect.andThen(client.send("Ada\none\ntwo\nthree\n"), client.end)
      )
      assert.strictEqual(received, "Ada: one\nAda: two\nAda: three\ngoodbye\n")
    })
  },
  {
    name: "P12 S66 a loop that is given up leaves what it has not handled: the next reader begins with it",
    run: Effect.gen(function* () {
      const { received, result } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const failure = yield* Effect.flip(
            Handler.serveFrames(connection, { codec: text }, (line) =>
              line === "stop" ? Effect.fail("stopped") : Effect.succeed(line)
            )
          )
          const frames = yield* FramedConnection.make(connection, LengthPrefixed.u8())
          return [failure, decode(yield* frames.next)]
        }),
        (client) => Effect.andThen(client.send("one\nstop\n\u0003abc"), client.end)
      )
      assert.deepStrictEqual(result, ["stopped", "abc"])
      assert.strictEqual(received, "one\n")
    })
  },
  {
    name: "P12 a framed connection that was passed on must not be used, and says so",
    run: Effect.gen(function* () {
      const { result } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          const frames = yield* lines.switchTo(LengthPrefixed.u8())
          const uses: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
            lines.next,
            lines.write("x"),
            lines.writeAll(["x"]),
            lines.peek(1),
            lines.setMaxLength(1),
            lines.switchTo(text),
            lines.detach,
            lines.serve({}, () => Effect.void)
          ]
          const defects = yield* Effect.forEach(uses, defectOf)
          yield* frames.write(bytes("alive"))
          return defects
        }),
        () => Effect.void
      )
      assert.strictEqual(result.length, 8)
      for (const defect of result) {
        assert.instanceOf(defect, FramesGivenUp)
        assert.include(defect.message, "given up by switchTo")
      }
    })
  },
  {
    name: "P12 frames of one connection have one reader: a second one would miss what the first has buffered",
    run: Effect.gen(function* () {
      const { result } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          const second = yield* defectOf(FramedConnection.make(connection, LengthPrefixed.u8()))
          const loop = yield* defectOf(Handler.serveFrames(connection, { codec: text }, () => Effect.void))
          yield* lines.detach
          yield* FramedConnection.make(connection, text)
          return [second, loop]
        }),
        () => Effect.void
      )
      for (const defect of result) assert.instanceOf(defect, FramesTaken)
    })
  },
  {
    name: "S105 a frame that is skipped is counted and logged, and the next one comes",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { result } = yield* inHandler(
          (connection) => Effect.flatMap(FramedConnection.make(connection, discards), all),
          (client) => Effect.andThen(client.send("one\nmuch too long\ntwo\nmuch too long\n"), client.end)
        )
        assert.deepStrictEqual(result, ["one", "two"])
        assert.deepStrictEqual([recorder.lines("Warn").length, recorder.lines("Debug").length], [1, 1])
        assert.strictEqual(recorder.events.filter(({ _tag }) => _tag === "FrameRefused").length, 2)
      })
    )
  },
  {
    name: "S105 FF-51 frames that are skipped in a row are one line, and one connection has one warning, whatever codec it is read by",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { result } = yield* inHandler(
          Effect.fnUntraced(function* (connection) {
            const before = yield* FramedConnection.make(connection, discards)
            const found = [yield* before.next]
            const behind = yield* before.switchTo(discards)
            found.push(yield* behind.next)
            yield* behind.serve({}, (line) => Effect.sync(() => void found.push(line)))
            return found
          }),
          (client) =>
            Effect.andThen(client.send(["one", "two", "six"].map((line) => `${tooMany}${line}\n`).join("")), client.end)
        )
        assert.deepStrictEqual(result, ["one", "two", "six"])
        assert.deepStrictEqual(
          recorder.log.map(({ about, level }) => [level, about["frames"]]),
          [
            ["Warn", 100],
            ["Debug", 100],
            ["Debug", 100]
          ]
        )
        assert.strictEqual(recorder.events.filter(({ _tag }) => _tag === "FrameRefused").length, 300)
      })
    )
  },
  {
    name: "S105 or it fails, if it is asked to, and goes on behind it",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { result } = yield* inHandler(
          Effect.fnUntraced(function* (connection) {
            const lines = yield* FramedConnection.make(connection, discards, { onFrameError: "fail" })
            const failure = yield* Effect.flip(lines.next)
            return [failure instanceof FrameFailure ? failure.error.kind : failure, yield* lines.next]
          }),
          (client) => Effect.andThen(client.send("much too long\ntwo\n"), client.end)
        )
        assert.deepStrictEqual(result, ["frame_too_long", "two"])
        assert.strictEqual(recorder.events.filter(({ _tag }) => _tag === "FrameRefused").length, 1)
        assert.deepStrictEqual(recorder.lines(), [])
      })
    )
  },
  {
    name: "P5 FF-34 S105 after a fatal error every call fails with it, also under another codec; it ends as a broken frame",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const codec = Line.make({ encoding: "utf8", maxLength: 4 })
        const { address } = yield* serve(
          Handler.connection(
            Effect.fnUntraced(function* (connection) {
              const lines = yield* FramedConnection.make(connection, codec)
              const first = yield* Effect.flip(lines.next)
              assert.strictEqual(yield* Effect.flip(lines.next), first)
              const others = yield* lines.switchTo(text)
              return yield* others.next
            })
          )
        )
        const client = yield* connect(address)
        yield* client.send("much too long\nok\n")
        assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
        yield* client.end
        assert.strictEqual((yield* recorder.nextEnd).reason, "broken-frame")
        assert.strictEqual(recorder.lines("Warn").length, 1)
        assert.strictEqual(recorder.events.filter(({ _tag }) => _tag === "FrameRefused").length, 1)
      })
    )
  },
  {
    name: "P10 the maximum of a framed connection changes from the next frame on",
    run: Effect.gen(function* () {
      const { result } = yield* inHandler(
        Effect.fnUntraced(function* (connection) {
          const lines = yield* FramedConnection.make(connection, text)
          const first = yield* lines.next
          yield* lines.setMaxLength(4)
          const failure = yield* Effect.flip(lines.next)
          return [first, failure instanceof FrameFailure ? failure.error.limit : failure]
        }),
        (client) => Effect.andThen(client.send("a long line\nanother one\n"), client.end)
      )
      assert.deepStrictEqual(result, ["a long line", 4])
    })
  },
  {
    name: "FF-20 FF-73 EOF inside a frame is no end but a failure",
    run: Effect.gen(function* () {
      const { result } = yield* inHandler(
        (connection) =>
          Effect.flatMap(FramedConnection.make(connection, LengthPrefixed.u8()), (frames) => Effect.flip(frames.next)),
        (client) => Effect.andThen(client.send("\u0005ab"), client.end)
      )
      assert.instanceOf(result, FrameFailure)
      assert.deepInclude(result.error, { kind: "truncated", missing: 3 })
    })
  },
  {
    name: "S55 S56 a drain ends the conversation behind what had arrived",
    run: Effect.gen(function* () {
      const seen: Array<string> = []
      const { address, server } = yield* serve(
        Handler.connection(
          Effect.fnUntraced(function* (connection) {
            const lines = yield* FramedConnection.make(connection, text)
            const each = Effect.flatMap(lines.next, (line) => {
              seen.push(line)
              return lines.write(line)
            })
            yield* Effect.catchIf(Effect.forever(each), Cause.isDone, () => lines.write("goodbye"))
          })
        )
      )
      const client = yield* connect(address)
      yield* client.send("one\nhalf a li")
      assert.strictEqual(yield* client.line, "one\n")
      const shutdown = yield* Effect.forkChild(server.shutdown({ drainTimeout: "Infinity" }))
      assert.deepStrictEqual(yield* client.rest, { text: "goodbye\n", ending: "eof" })
      yield* client.end
      assert.strictEqual((yield* Fiber.join(shutdown)).aborted, 0)
      assert.deepStrictEqual(seen, ["one"])
    })
  }
]
