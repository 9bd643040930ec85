import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as Ndjson from "../src/effect/Ndjson.ts"
import { isFrameError } from "../src/FrameError.ts"
import { InvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import { concat, textOf, utf8 } from "./support/Bytes.ts"
import { codecOf, fewRuns, Message, meaning, settings, shownMessage, stream } from "./support/Messages.ts"
import { chunksOf, cut, manyRuns } from "./support/Streams.ts"

describe("newline-delimited JSON", () => {
  it.prop(
    "P1 P4 P5 FF-35 messages and errors do not depend on the cut, and are those of the naive reading",
    { stream, cut, settings },
    (given) => {
      const decoder = codecOf(given.settings).decoder()
      const found = chunksOf(given.stream, given.cut).flatMap((chunk) => decoder.push(chunk))
      found.push(...decoder.end())
      assert.deepStrictEqual(found.map(shownMessage), meaning(given.stream, given.settings))
      assert.deepStrictEqual([decoder.closed, decoder.pendingBytes], [true, 0])
    },
    manyRuns
  )

  it.prop(
    "P6 decode ∘ encode = identity under any cut, one line a message",
    { messages: Arbitrary.array(Arbitrary.schema(Message), { maxLength: 4 }), cut },
    (given) => {
      const codec = Ndjson.make(Message)
      const encoded = codec.encoder().encodeAll(given.messages)
      if (isFrameError(encoded)) return assert.fail(encoded.message)
      const bytes = concat(encoded)
      assert.strictEqual(bytes.filter((byte) => byte === 10).length, given.messages.length)
      const decoder = codec.decoder()
      const found = chunksOf(bytes, given.cut).flatMap((chunk) => decoder.push(chunk))
      assert.deepStrictEqual(found.map(shownMessage), given.messages.map(shownMessage))
    },
    fewRuns
  )

  it.prop(
    "P6 strings with line ends stay in their line",
    { text: Arbitrary.schema(Schema.String) },
    ({ text }) => {
      const codec = Ndjson.make(Schema.Struct({ text: Schema.String }))
      const message = { text: `${text}\r\n\u2028\n${text}` }
      const encoded = codec.encoder().encode(message)
      if (!text.isWellFormed()) return
      assert.deepStrictEqual(isFrameError(encoded) ? encoded.message : codec.decoder().push(encoded), [message])
    },
    fewRuns
  )

  it("skips empty lines, or calls them errors; a line of spaces is none", () => {
    const bytes = utf8('\n{"id":1}\n\r\n \n')
    assert.deepStrictEqual(Ndjson.make(Message).decoder().push(bytes).map(shownMessage), [
      "message 1 undefined",
      "invalid_message at 12 size 1 limit undefined fatal false head 20 path "
    ])
    const kinds = Ndjson.make(Message, { emptyLines: "error" })
      .decoder()
      .push(bytes)
      .map((one) => (isFrameError(one) ? [one.position, one.message] : one.id))
    assert.deepStrictEqual(kinds, [
      [0, 'message at byte 0 is not JSON: ""'],
      1,
      [10, 'message at byte 10 is not JSON: ""'],
      [12, 'message at byte 12 is not JSON: " "']
    ])
  })

  it("a byte order mark is no JSON, and half a surrogate pair is escaped", () => {
    const [error] = Ndjson.make(Message).decoder().push(utf8('\ufeff{"id":1}\n'))
    assert.strictEqual(isFrameError(error) ? error.kind : error, "invalid_message")
    const encoded = Ndjson.make(Schema.String).encoder().encode("\ud800")
    assert.strictEqual(isFrameError(encoded) ? encoded.message : textOf(encoded), '"\\ud800"\n')
  })

  it("FF-73 limits and ends are the line codec's", () => {
    const decoder = Ndjson.make(Message, { maxLength: 10, onTooLong: "discard" }).decoder()
    const found = decoder.push(utf8('{"id":12345678}\n{"id":1}\n{"id"'))
    assert.deepStrictEqual(
      found.map((one) => (isFrameError(one) ? one.kind : one.id)),
      ["frame_too_long", 1]
    )
    assert.deepStrictEqual(
      decoder.end().map((one) => (isFrameError(one) ? [one.kind, one.position] : one)),
      [["truncated", 25]]
    )
    const crLf = Ndjson.make(Message, { terminator: "\r\n" }).encoder().encode({ id: 1 })
    assert.strictEqual(isFrameError(crLf) ? crLf.message : textOf(crLf), '{"id":1}\r\n')
  })

  it("one schema in and another out; named and explained", () => {
    const codec = Ndjson.make({ in: Message, out: Schema.Literals(["ok"]) }, { onInvalid: "fatal" })
    const encoded = codec.encoder().encode("ok")
    assert.strictEqual(isFrameError(encoded) ? encoded.message : textOf(encoded), '"ok"\n')
    assert.strictEqual(codec.name, "ndjson")
    assert.match(codec.explain(), /message in JSON\. One that the schema refuses is an error, and nothing.*Empty lines/)
    const strict = Ndjson.make(Message, { emptyLines: "error", onExcessProperty: "error" }).explain()
    assert.match(strict, /A key that the schema does not name is an error\.$/)
  })

  it("names every wrong option", () => {
    const options = { maxLength: 0, emptyLines: "drop", stripTerminator: true } as unknown as Ndjson.NdjsonOptions
    const wrong = Ndjson.tryMake(Message, options)
    assert.deepStrictEqual(wrong instanceof InvalidCodecOptions ? wrong.invalid.map(({ key }) => key) : [], [
      "maxLength",
      "emptyLines",
      "stripTerminator"
    ])
    assert.throws(() => Ndjson.make(Message, options), /^ndjson codec: maxLength is 0/)
  })
})
