import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Binary from "../src/effect/Binary.ts"
import { isFrameError } from "../src/FrameError.ts"
import { InvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import { concat, hex } from "./support/Bytes.ts"
import { fewRuns } from "./support/Messages.ts"
import { chunksOf, cut } from "./support/Streams.ts"

const Reading = Schema.Struct({
  sensor: Schema.String,
  value: Schema.Finite,
  tags: Schema.Array(Schema.String),
  big: Schema.optionalKey(Schema.BigInt)
})
const isText = ({ sensor, tags }: typeof Reading.Type): boolean => [sensor, ...tags].every((s) => s.isWellFormed())
const readings = Arbitrary.array(Arbitrary.filter(Arbitrary.schema(Reading), isText), { maxLength: 4 })

const framed = Binary.make(LengthPrefixed.u16be(), Reading)
const bare = Binary.delimited(Reading)

describe("binary messages", () => {
  it.prop(
    "P1 P6 decode ∘ encode = identity under any cut, in frames and one after another",
    { readings, cut },
    (given) => {
      for (const codec of [framed, bare, Binary.delimited(Reading, { fingerprint: true })]) {
        const encoded = codec.encoder().encodeAll(given.readings)
        if (isFrameError(encoded)) return assert.fail(encoded.message)
        const decoder = codec.decoder()
        const found = chunksOf(concat(encoded), given.cut).flatMap((chunk) => decoder.push(chunk))
        assert.deepStrictEqual(found, given.readings)
        assert.deepStrictEqual(decoder.end(), [])
      }
    },
    fewRuns
  )

  it.prop(
    "one after another they are what SchemaBinary itself writes and reads",
    { readings },
    (given) => {
      const { encodeMany } = SchemaBinary.encoder(Reading)
      const theirs = encodeMany(given.readings)
      const ours = bare.encoder().encodeAll(given.readings)
      assert.strictEqual(isFrameError(ours) ? ours.message : hex(concat(ours)), hex(theirs))
      assert.deepStrictEqual(bare.decoder().push(theirs), given.readings)
    },
    fewRuns
  )

  it("P4 a bad one is one error, and the next one is decoded", () => {
    const good = framed.encoder().encode({ sensor: "a", value: 1, tags: [] })
    if (isFrameError(good)) return assert.fail(good.message)
    const found = framed.decoder().push(concat([Uint8Array.of(0, 3, 2, 0x20, 0xff), good, Uint8Array.of(0, 0), good]))
    assert.deepStrictEqual(
      found.map((one) => (isFrameError(one) ? [one.kind, one.position, one.fatal] : one.sensor)),
      [["invalid_message", 0, false], "a", ["invalid_message", 5 + good.length, false], "a"]
    )
    const unprefixed = bare.decoder().push(Uint8Array.of(2, 0x20, 0xff, 1, 0x20))
    assert.deepStrictEqual(
      unprefixed.map((one) => (isFrameError(one) ? [one.kind, one.position] : one)),
      [
        ["invalid_message", 0],
        ["invalid_message", 3]
      ]
    )
  })

  it("another schema's message is refused; the path and the limit are told", () => {
    const other = Binary.make(LengthPrefixed.u16be(), Schema.Struct({ sensor: Schema.String, value: Schema.String }))
    const bytes = other.encoder().encode({ sensor: "a", value: "high" })
    const [error] = isFrameError(bytes) ? [] : framed.decoder().push(bytes)
    assert.deepStrictEqual(isFrameError(error) ? [error.kind, error.path] : error, ["invalid_message", ["value"]])
    const refused = framed.encoder().encode({ sensor: "a", value: Number.NaN, tags: [] })
    assert.deepStrictEqual(isFrameError(refused) ? [refused.kind, refused.path] : [], ["invalid_message", ["value"]])
    const refusedBare = bare.encoder().encode({ sensor: "a", value: Number.NaN, tags: [] })
    assert.strictEqual(isFrameError(refusedBare) ? refusedBare.kind : "", "invalid_message")
    const short = Binary.delimited(Reading, { maxFrameLength: 10, onTooLong: "discard" })
    const long = short.encoder().encode({ sensor: "0123456789", value: 1, tags: [] })
    assert.strictEqual(isFrameError(long) ? long.kind : "", "frame_too_long")
  })

  it("long ones have lengths of several bytes", () => {
    for (const size of [100, 127, 128, 20_000, 3_000_000]) {
      const message = { sensor: "x".repeat(size), value: 1, tags: [] }
      const encoded = bare.encoder().encode(message)
      if (isFrameError(encoded)) return assert.fail(encoded.message)
      const [found] = bare.decoder().push(encoded)
      assert.strictEqual(isFrameError(found) ? found.message : found?.sensor.length, size)
    }
  })

  it("P6 half of a surrogate pair is refused wherever it stands, and the character that replaces it elsewhere is not", () => {
    const schema = Schema.Struct({
      text: Schema.String,
      map: Schema.ReadonlyMap(Schema.String, Schema.Array(Schema.String)),
      keys: Schema.Record(Schema.String, Schema.Int),
      key: Schema.Redacted(Schema.String)
    })
    const codec = Binary.delimited(schema)
    const message = { text: "\ufffd", map: new Map([["a", ["b"]]]), keys: { c: 1 }, key: Redacted.make("d") }
    const fine = codec.encoder().encode(message)
    assert.strictEqual(isFrameError(fine) ? fine.message : codec.decoder().push(fine).length, 1)
    for (const [change, path] of [
      [{ text: "\ud800" }, ["text"]],
      [{ map: new Map([["a", ["b", "\udc00"]]]) }, ["map", 0, "1", "1"]],
      [{ keys: { "\ud800": 1 } }, ["keys", "\ud800"]],
      [{ key: Redacted.make("\ud800") }, ["key"]]
    ] as const) {
      const refused = codec.encoder().encode({ ...message, ...change })
      assert.deepStrictEqual(isFrameError(refused) ? [refused.kind, refused.path] : [], ["invalid_message", path])
    }
    const root = Binary.delimited(Schema.String).encoder().encode("\ud800")
    assert.match(isFrameError(root) ? root.message : "", /^message to encode holds half of a surrogate pair/)
  })

  it("secrets leave no head", () => {
    const Secret = Schema.Struct({ key: Schema.Redacted(Schema.String.check(Schema.isMinLength(4))) })
    const Plain = Schema.Struct({ key: Schema.String })
    const bytes = Binary.make(LengthPrefixed.u8(), Plain).encoder().encode({ key: "abc" })
    const [error] = isFrameError(bytes) ? [] : Binary.make(LengthPrefixed.u8(), Secret).decoder().push(bytes)
    if (!isFrameError(error)) return assert.fail("no error")
    assert.strictEqual(error.head.length, 0)
    assert.notInclude(error.message, "abc")
  })

  it("names every wrong option", () => {
    const options = { fingerprint: 1, onInvalid: "skip", maxFrameLength: 0 } as unknown as Binary.DelimitedOptions
    const keysOf = (wrong: unknown) => (wrong instanceof InvalidCodecOptions ? wrong.invalid.map(({ key }) => key) : [])
    const unprefixed = Binary.tryDelimited(Reading, options)
    assert.deepStrictEqual(keysOf(unprefixed), ["fingerprint", "onInvalid", "maxFrameLength"])
    assert.deepStrictEqual(keysOf(Binary.tryMake(LengthPrefixed.u8(), Reading, options)), [
      "fingerprint",
      "onInvalid",
      "maxFrameLength"
    ])
    assert.throws(() => Binary.delimited(Reading, options), InvalidCodecOptions)
    assert.throws(() => Binary.make(LengthPrefixed.u8(), Reading, options), InvalidCodecOptions)
    assert.match(Binary.delimited({ in: Reading, out: Schema.Int }).explain(), /^A varint.*Each is a message/)
  })
})
