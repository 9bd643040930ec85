/**
 * Bytes to frames to replies, through the whole server.
 */
import { assert } from "@effect/vitest"
import * as Line from "@tidegate/codec/Line"
import * as Effect from "effect/Effect"
import * as Handler from "tidegate/Handler"
import { bytes, connect } from "../Client.ts"
import { type Behaviour, serve, text } from "../support/Behaviour.ts"
import { peerOf, recorded } from "../support/Recorder.ts"

const wholeLines = Line.make({ stripTerminator: false, onPartialEof: "drop" })
const echo = Handler.frames({ codec: wholeLines }, (line) => Effect.succeed(line))
const echoText = Handler.frames({ codec: text }, (line) => Effect.succeed(line))

export const frames: ReadonlyArray<Behaviour> = [
  {
    name: "S101 S102 S103 a line comes back as it was sent, split or coalesced",
    run: Effect.gen(function* () {
      const { address } = yield* serve(echo)
      const client = yield* connect(address)
      yield* client.send("abc")
      yield* client.send("def\nghi\njkl\n")
      assert.strictEqual(yield* client.line, "abcdef\n")
      assert.strictEqual(yield* client.line, "ghi\n")
      assert.strictEqual(yield* client.line, "jkl\n")
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: "", ending: "eof" })
    })
  },
  {
    name: "S86 S104 bytes without a terminator at EOF are not echoed, and the end is no error",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address } = yield* serve(echo)
        const client = yield* connect(address)
        yield* client.send("abc\ndef")
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: "abc\n", ending: "eof" })
        assert.strictEqual((yield* recorder.nextEnd).reason, "eof")
        assert.deepStrictEqual(recorder.lines(), [])
      })
    )
  },
  {
    name: "S105 a frame cut off by EOF ends its connection as a broken frame, after the replies before it, logged once with the peer",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const { address } = yield* serve(echoText)
        const client = yield* connect(address)
        yield* client.send("abc\ndef")
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: "abc\n", ending: "eof" })
        const ended = yield* recorder.nextEnd
        assert.strictEqual(ended.reason, "broken-frame")
        assert.deepStrictEqual(recorder.peers("Warn"), [peerOf(ended)])
        assert.strictEqual(recorder.lines().length, 1)
      })
    )
  },
  {
    name: "FF-34 S105 a frame that is too long ends only its own connection, after the replies of the same chunk, logged once",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const codec = Line.make({ encoding: "utf8", maxLength: 8 })
        const { address } = yield* serve(Handler.frames({ codec }, (line) => Effect.succeed(line)))
        const other = yield* connect(address)
        const client = yield* connect(address)
        yield* client.send("one\n12345678\nmuch too long\nthree\n")
        assert.deepStrictEqual(yield* client.rest, { text: "one\n12345678\n", ending: "eof" })
        yield* client.end
        const ended = yield* recorder.nextEnd
        assert.strictEqual(ended.reason, "broken-frame")
        assert.deepStrictEqual(recorder.peers("Warn"), [peerOf(ended)])
        assert.strictEqual(recorder.lines().length, 1)
        yield* other.send("four\n")
        assert.strictEqual(yield* other.line, "four\n")
      })
    )
  },
  {
    name: "FF-34 S49 a broken frame waits for the replies of the frames before it whose handlers still run",
    run: Effect.gen(function* () {
      const codec = Line.make({ encoding: "utf8", maxLength: 8 })
      const { address } = yield* serve(
        Handler.frames({ codec, concurrency: 4 }, (line) =>
          Effect.as(Effect.andThen(Effect.yieldNow, Effect.yieldNow), line)
        )
      )
      const client = yield* connect(address)
      yield* client.send("one\ntwo\nmuch too long\nthree\n")
      assert.deepStrictEqual(yield* client.rest, { text: "one\ntwo\n", ending: "eof" })
    })
  },
  {
    name: "S105 a frame error that is not fatal is skipped, also as the last thing before EOF",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const codec = Line.make({ encoding: "utf8", maxLength: 4, onTooLong: "discard", onPartialEof: "emit" })
        const { address } = yield* serve(Handler.frames({ codec, concurrency: 3 }, (line) => Effect.succeed(line)))
        const client = yield* connect(address)
        yield* client.send("one\nmuch too long\ntwo\n")
        yield* client.connection.write(Uint8Array.of(0xff))
        yield* client.end
        assert.deepStrictEqual(yield* client.rest, { text: "one\ntwo\n", ending: "eof" })
        const ended = yield* recorder.nextEnd
        assert.strictEqual(ended.reason, "eof")
        assert.deepStrictEqual(recorder.peers("Warn"), [peerOf(ended)])
      })
    )
  },
  {
    name: "S105 a peer that sends broken frames without end cannot fill the log, though each of them is counted and told",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const codec = Line.make({ encoding: "utf8", maxLength: 4, onTooLong: "discard" })
        const { address, server } = yield* serve(Handler.frames({ codec }, (line) => Effect.succeed(line)))
        const client = yield* connect(address)
        yield* client.send(`${"much too long\n".repeat(3000)}ok\n`)
        assert.strictEqual(yield* client.line, "ok\n")
        yield* client.end
        yield* recorder.nextEnd
        assert.strictEqual(recorder.lines().length, 1)
        // One for each turn of 256, or, on a real network, for each chunk.
        assert.isAtMost(recorder.lines("Debug").length, 40)
        const told = recorder.log.map((line) => Number(line.about["frames"])).reduce((sum, frames) => sum + frames, 0)
        assert.strictEqual(told, 3000)
        const refused = recorder.events.filter((event) => event._tag === "FrameRefused")
        assert.strictEqual(refused.length, 3000)
        assert.deepInclude(refused[2], { codec: "line", kind: "frame_too_long", position: 28, fatal: false })
        assert.strictEqual((yield* server.info).frameErrors.frame_too_long, 3000)
      })
    )
  },
  {
    name: "S105 FF-34 refused frames are counted by their kind, over all connections, those that end one too",
    run: recorded((recorder) =>
      Effect.gen(function* () {
        const codec = Line.make({ encoding: "utf8", maxLength: 8 })
        const { address, server } = yield* serve(Handler.frames({ codec }, (line) => Effect.succeed(line)))
        const visits: ReadonlyArray<ReadonlyArray<number>> = [
          [...bytes("fine\nmuch too long\n")],
          [...bytes("cut o")],
          [0xff, 10, ...bytes("fine\n"), 0xfe, 10]
        ]
        for (const visit of visits) {
          const client = yield* connect(address)
          yield* client.connection.write(Uint8Array.from(visit))
          yield* client.end
          yield* client.rest
          const { id, peer } = yield* recorder.nextEnd
          const last = recorder.events.filter((event) => event._tag === "FrameRefused").at(-1)
          assert.deepStrictEqual(last && { id: last.id, peer: last.peer }, { id, peer })
        }
        const { frameErrors } = yield* server.info
        assert.deepStrictEqual(
          Object.entries(frameErrors).filter(([, count]) => count > 0),
          [
            ["frame_too_long", 1],
            ["truncated", 1],
            ["invalid_utf8", 2]
          ]
        )
        const frames = recorder.events.flatMap((event) =>
          event._tag === "FrameRefused" ? [[event.id, event.kind, event.position, event.fatal]] : []
        )
        assert.deepStrictEqual(frames, [
          [1, "frame_too_long", 5, true],
          [2, "truncated", 0, true],
          [3, "invalid_utf8", 0, false],
          [3, "invalid_utf8", 7, false]
        ])
      })
    )
  },
  {
    name: "S63 256 messages of one byte come back, each once and in order",
    run: Effect.gen(function* () {
      const { address } = yield* serve(echo)
      const client = yield* connect(address)
      const sent = Array.from({ length: 256 }, (_, at) => `${String.fromCharCode(33 + (at % 90))}\n`)
      for (const line of sent) yield* client.send(line)
      yield* client.end
      assert.deepStrictEqual(yield* client.rest, { text: sent.join(""), ending: "eof" })
    })
  },
  {
    name: "B17 clients at once, read in reverse order: each gets its own",
    run: Effect.gen(function* () {
      const { address } = yield* serve(echo)
      const clients = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, at) => at),
        () => connect(address)
      )
      for (const [at, client] of clients.entries()) yield* client.send(`client ${at}\n`)
      for (const [at, client] of [...clients.entries()].reverse())
        assert.strictEqual(yield* client.line, `client ${at}\n`)
    })
  },
  {
    name: "B18 FF-35 FF-36 frames sent byte by byte, characters of several bytes included, are the same frames",
    run: Effect.gen(function* () {
      const { address } = yield* serve(Handler.frames({ codec: text }, (line) => Effect.succeed(`<${line}>`)))
      const client = yield* connect(address)
      for (const byte of bytes("é\n€uro\n😀\n")) yield* client.connection.write(Uint8Array.of(byte))
      assert.strictEqual(yield* client.line, "<é>\n")
      assert.strictEqual(yield* client.line, "<€uro>\n")
      assert.strictEqual(yield* client.line, "<😀>\n")
    })
  },
  {
    name: "S45 frames belong to the handler: what is read later does not change them",
    run: Effect.gen(function* () {
      const kept: Array<Uint8Array> = []
      const keep = Handler.frames({ codec: wholeLines }, (line) => {
        kept.push(line)
        return Effect.succeed(line)
      })
      const { address } = yield* serve(keep)
      const client = yield* connect(address)
      const sent = Array.from({ length: 200 }, (_, at) => `${at}`.padStart(1 + (at % 7) * 40, ".").concat("\n"))
      for (const line of sent) {
        yield* client.send(line)
        assert.strictEqual(yield* client.line, line)
      }
      assert.strictEqual(kept.map((line) => new TextDecoder().decode(line)).join(""), sent.join(""))
    })
  },
  {
    name: "FF-07 FF-35 a frame far larger than any buffer comes back whole",
    run: Effect.gen(function* () {
      const { address } = yield* serve(echo)
      const client = yield* connect(address)
      const line = `${"0123456789".repeat(100_000)}\n`
      yield* Effect.forkChild(Effect.andThen(client.send(line), client.end))
      const { ending, text } = yield* client.rest
      assert.strictEqual(ending, "eof")
      assert.isTrue(text === line)
    })
  }
]
