import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import streams from "../docs/streams.md?raw"
import typedFrames from "../docs/typed-frames.md?raw"
import { isFrameError } from "../src/FrameError.ts"
import * as StreamExamples from "./examples/Streams.ts"
import streamSource from "./examples/Streams.ts?raw"
import * as TypedExamples from "./examples/TypedFrames.ts"
import typedSource from "./examples/TypedFrames.ts?raw"
import { hex, textOf, utf8 } from "./support/Bytes.ts"

const blocks = (page: string): ReadonlyArray<string> =>
  [...page.matchAll(/^<!-- in packages\/codec\/test\/examples\/\w+\.ts -->\n```ts\n(.*?)\n```$/gms)].map(
    ([, code = ""]) => code
  )

describe("docs/typed-frames.md", () => {
  it("quotes what is compiled and run here", () => {
    const quoted = blocks(typedFrames)
    assert.strictEqual(quoted.length, typedFrames.split("```ts").length - 1)
    for (const code of quoted) assert.include(typedSource, code)
  })

  it("answers every line", () => {
    const chunk = utf8('{"name":"Ada","age":36}\n{"name":"Ada"}\n')
    const replies = TypedExamples.answer(chunk, new Date(0)).map((reply) => (isFrameError(reply) ? "" : textOf(reply)))
    const at = '"at":"1970-01-01T00:00:00.000Z"'
    assert.deepStrictEqual(replies, [`{${at},"ok":true}\n`, `{${at},"ok":false}\n`])
  })

  const rows = [...typedFrames.matchAll(/^\| `(["{].*?)` +\| `(message .*?)` +\|$/gm)]
  it("has a table of errors", () => assert.lengthOf(rows, 6))
  for (const [, frame = "", message] of rows) {
    it(`${frame} is an error`, () => {
      const [error] = TypedExamples.codec.decoder().push(utf8(`${frame}\n`))
      assert.strictEqual(isFrameError(error) ? error.message : "none", message)
    })
  }

  it("has examples of other frames that work", () => {
    const person = { name: "Ada", age: 36 }
    for (const codec of [TypedExamples.overLengths, TypedExamples.compact, TypedExamples.asSchemaBinaryWrites]) {
      const encoded = codec.encoder().encode(person)
      assert.deepStrictEqual(isFrameError(encoded) ? encoded.message : codec.decoder().push(encoded), [person])
    }
    assert.deepStrictEqual(TypedExamples.temperatures.decoder().push(utf8("21.5\n")), [21.5])
    const found = TypedExamples.points.decoder().push(Uint8Array.of(2, 7, 8, 1, 9))
    assert.deepStrictEqual(
      found.map((one) => (isFrameError(one) ? one.message : one)),
      [{ x: 7, y: 8 }, "no point at byte 3"]
    )
    const encoded = TypedExamples.points.encoder().encode({ x: 1, y: 2 })
    assert.strictEqual(isFrameError(encoded) ? encoded.message : hex(encoded), "020102")
  })
})

describe("docs/streams.md", () => {
  const chunks = Stream.fromArrays(
    [utf8('{"level":"info","text":"a"}\n{"lev')],
    [utf8('el":"error","text":"b"}\n{"level":"warn"}\n')]
  )

  it("quotes what is compiled and run here", () => {
    const quoted = blocks(streams)
    assert.strictEqual(quoted.length, streams.split("```ts").length - 1)
    for (const code of quoted) assert.include(streamSource, code)
  })

  it.effect("skips, emits and encodes", () =>
    Effect.gen(function* () {
      const logged: Array<unknown> = []
      const logger = Logger.make(({ message }) => logged.push(message))
      const errors = yield* Stream.runCollect(StreamExamples.errors(chunks)).pipe(
        Effect.provide(Logger.layer([logger]))
      )
      assert.deepStrictEqual(errors, [{ level: "error", text: "b" }])
      const complaint = 'message at byte 57: level is "warn", allowed: "info" | "error"'
      assert.deepStrictEqual(logged, [[complaint]])
      const report = yield* Stream.runCollect(StreamExamples.report(chunks))
      assert.deepStrictEqual(report, ["info a", "error b", `? ${complaint}`])
      const written = yield* Stream.runCollect(
        StreamExamples.written(Stream.make({ level: "info", text: "é" } as const))
      )
      assert.deepStrictEqual(written.map(textOf), ['{"level":"info","text":"é"}\n'])
      assert.isFunction(StreamExamples.framed)
    })
  )
})
