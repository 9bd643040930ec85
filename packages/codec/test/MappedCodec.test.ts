import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import type { Codec } from "../src/Codec.ts"
import { FrameError, isFrameError } from "../src/FrameError.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Line from "../src/Line.ts"
import * as MappedCodec from "../src/MappedCodec.ts"
import { concat, hex, type Item, shown, utf8 } from "./support/Bytes.ts"
import { linePieces } from "./support/Reference.ts"
import { chunksOf, cut, decoded, settings, shownAll, someRuns, stream } from "./support/Streams.ts"

const notANumber = (position: number, fatal: boolean): FrameError =>
  new FrameError({ kind: "invalid_message", message: `no number at byte ${position}`, position, fatal })

/** Lines of digits; "-" gives nothing, "!" is fatal. */
const numbers = (lines: Codec<string>): Codec<number> =>
  MappedCodec.make(lines, {
    name: "numbers",
    explain: (other) => `${other} Each is a number.`,
    decode: (line, position) => {
      if (line === "-") return undefined
      return /^\d+$/.test(line) ? Number(line) : notANumber(position, line === "!")
    },
    encode: (number: number) => (Number.isSafeInteger(number) ? String(number) : notANumber(0, false))
  })

const lines = Line.make({ encoding: "utf8", maxLength: 5, onTooLong: "discard" })
const said = (item: number | FrameError): string =>
  isFrameError(item) ? `${item.kind}@${item.position}${item.fatal ? "!" : ""}` : String(item)

describe("a mapped codec", () => {
  it("P8 maps each frame, skips what gives nothing, and says where the bad one is", () => {
    const decoder = numbers(lines).decoder()
    assert.deepStrictEqual(decoder.push(utf8("1\n-\n22\r\nx\n3")).map(said), ["1", "22", "invalid_message@8"])
    assert.deepStrictEqual([decoder.pendingBytes, decoder.inFrame, decoder.position], [1, true, 10])
    assert.deepStrictEqual(decoder.end().map(said), ["truncated@10!"])
    assert.isTrue(decoder.closed)
  })

  it("P1 the position is right where the same step has ended a line that was skipped", () => {
    for (const chunks of [["1234567", "89\nx\n"], ["123456789\n", "x\n"], [..."123456789\nx\n"]]) {
      const decoder = numbers(lines).decoder()
      const found = chunks.flatMap((chunk) => decoder.push(utf8(chunk)).map(said))
      assert.deepStrictEqual(found, ["frame_too_long@0", "invalid_message@10"])
    }
  })

  it("P5 nothing after an error that the mapping calls fatal", () => {
    const decoder = numbers(lines).decoder()
    assert.deepStrictEqual(decoder.push(utf8("1\n!\n2\n3")).map(said), ["1", "invalid_message@2!"])
    assert.isTrue(decoder.closed)
    assert.strictEqual(decoder.pendingBytes, 0)
    assert.deepStrictEqual([...decoder.push(utf8("4\n")), ...decoder.end()], [])
  })

  it("P5 P11 what EOF makes of the line in progress is mapped too", () => {
    const emitting = numbers(Line.make({ encoding: "utf8", onPartialEof: "emit" }))
    const decoder = emitting.decoder()
    decoder.feed(utf8("1\n2"))
    assert.deepStrictEqual(decoder.end().map(said), ["1", "2"])
    assert.deepStrictEqual(decoder.end(), [])
    const untouched = emitting.decoder()
    untouched.feed(utf8("1\nx\n-\ny"))
    assert.deepStrictEqual(untouched.end().map(said), ["1", "invalid_message@2", "invalid_message@6"])
    const closing = emitting.decoder()
    closing.feed(utf8("1\n!\n2\n3"))
    assert.deepStrictEqual(closing.end().map(said), ["1", "invalid_message@2!"])
    const fatal = emitting.decoder()
    assert.deepStrictEqual([...fatal.push(utf8("7\n!"))].map(said), ["7"])
    assert.deepStrictEqual(fatal.end().map(said), ["invalid_message@2!"])
  })

  it("P10 P12 peek, detach and setMaxLength are the other codec's, one frame at a time", () => {
    const decoder = numbers(lines).decoder()
    decoder.feed(utf8("12\n34\n567"))
    assert.strictEqual(decoder.next(), 12)
    assert.strictEqual(hex(decoder.peek(2)), hex(utf8("34")))
    decoder.setMaxLength(1)
    assert.throws(() => decoder.setMaxLength(0), /maxLength is 0/)
    assert.strictEqual(hex(decoder.detach()), hex(utf8("34\n567")))
    assert.isTrue(decoder.closed)
    const lowered = numbers(lines).decoder()
    lowered.setMaxLength(1)
    assert.deepStrictEqual(lowered.push(utf8("1\n22\n3\n")).map(said), ["1", "frame_too_long@2", "3"])
  })

  it("P6 encodes, and writes nothing of a batch with one that cannot be", () => {
    const encoder = numbers(lines).encoder()
    const encoded = encoder.encode(12)
    assert.strictEqual(isFrameError(encoded) ? encoded.message : hex(encoded), hex(utf8("12\n")))
    const batch = encoder.encodeAll([1, 2])
    assert.strictEqual(isFrameError(batch) ? batch.message : hex(concat(batch)), hex(utf8("1\n2\n")))
    const refused = encoder.encodeAll([1, 2, Number.NaN])
    assert.deepStrictEqual(isFrameError(refused) ? [refused.kind, refused.frame] : [], ["invalid_message", 2])
    const tooLong = encoder.encodeAll([1, 1234567])
    assert.deepStrictEqual(isFrameError(tooLong) ? [tooLong.kind, tooLong.frame] : [], ["frame_too_long", 1])
  })

  it("is named and explained", () => {
    assert.strictEqual(numbers(lines).name, "numbers")
    assert.match(numbers(lines).explain(), /^An LF ends a line.*Each is a number\.$/)
  })
})

describe("text out of bytes", () => {
  it.prop(
    "P1 P4 FF-35 FF-36 is what the line codec's own text is, whatever the cut",
    { stream, cut, settings: Arbitrary.map(settings, (given) => ({ ...given, encoding: "utf8" as const })) },
    (given) => {
      const text = MappedCodec.text(Line.make({ ...given.settings, encoding: "bytes" }))
      const expected = linePieces(given.stream, true, given.settings).flatMap(({ gives }) => gives ?? [])
      for (const sizes of [[1], given.cut]) {
        const found: ReadonlyArray<Item> = decoded(text.decoder(), chunksOf(given.stream, sizes))
        assert.deepStrictEqual(shownAll(found), expected)
      }
    },
    someRuns
  )

  it("says which byte is none of UTF-8, and encodes text", () => {
    const text = MappedCodec.text(LengthPrefixed.u8())
    const [bad, good] = text.decoder().push(Uint8Array.of(3, 97, 0xff, 98, 2, 0xc3, 0xa9))
    assert.strictEqual(
      isFrameError(bad) ? bad.message : "",
      "frame at byte 0 is not UTF-8: byte 0xff at 1 of the frame"
    )
    assert.strictEqual(good, "é")
    const encoded = text.encoder().encode("é")
    assert.strictEqual(isFrameError(encoded) ? shown(encoded) : hex(encoded), "02c3a9")
    const refused = text.encoder().encode("a\ud800")
    assert.strictEqual(isFrameError(refused) ? refused.kind : "", "invalid_utf8")
    assert.match(text.explain(), /text in UTF-8/)
  })
})
