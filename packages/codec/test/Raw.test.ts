import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { InvalidCodecOptions, isInvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import * as Raw from "../src/Raw.ts"
import { concat, hex, shown, utf8 } from "./support/Bytes.ts"
import { chunksOf, cut, oneOf, shownAll, someRuns, stream } from "./support/Streams.ts"

const maxLength = oneOf([1, 2, 3, 7, 30, Number.POSITIVE_INFINITY])
const bytesOf = (...texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.map((each) => shown(utf8(each)))

describe("Raw", () => {
  it.prop(
    "P1 P2 P3 P8 P9 P13 FF-35 one after the other the frames are the stream, none is longer than the maximum, and none is copied",
    { stream, cut, maxLength },
    (given) => {
      const decoder = Raw.make({ maxLength: given.maxLength }).decoder()
      const frames = chunksOf(given.stream, given.cut).flatMap((chunk) => {
        const found = decoder.push(chunk).filter((item) => item instanceof Uint8Array)
        assert.strictEqual(hex(concat(found)), hex(chunk))
        assert.strictEqual(found.length, Math.ceil(chunk.length / given.maxLength) || (chunk.length > 0 ? 1 : 0))
        assert.isTrue(found.every(({ buffer, length }) => buffer === chunk.buffer && length > 0))
        assert.isTrue(found.every(({ length }) => length <= given.maxLength))
        assert.strictEqual(decoder.pendingBytes, 0)
        assert.isFalse(decoder.inFrame)
        return found
      })
      assert.strictEqual(decoder.position, given.stream.length)
      assert.deepStrictEqual([...decoder.end()], [])
      assert.strictEqual(hex(concat(frames)), hex(given.stream))
    },
    someRuns
  )

  it.prop(
    "P12 what no frame was taken of is given up whole",
    { stream, cut, maxLength, count: Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))) },
    (given) => {
      const decoder = Raw.make({ maxLength: given.maxLength }).decoder()
      for (const chunk of chunksOf(given.stream, given.cut)) decoder.feed(chunk)
      for (let taken = 0; taken < given.count; taken++) decoder.next()
      assert.strictEqual(hex(decoder.peek(3)), hex(given.stream.slice(decoder.position, decoder.position + 3)))
      assert.strictEqual(hex(decoder.detach()), hex(given.stream.slice(decoder.position, given.stream.length)))
    },
    someRuns
  )

  it("gives each chunk as it comes, and a longer one in pieces", () => {
    assert.deepStrictEqual(shownAll(Raw.make().decoder().push(utf8("abcde"))), bytesOf("abcde"))
    const decoder = Raw.make({ maxLength: 2 }).decoder()
    assert.deepStrictEqual(shownAll(decoder.push(utf8("abcde"))), bytesOf("ab", "cd", "e"))
    assert.deepStrictEqual(shownAll(decoder.push(utf8("f"))), bytesOf("f"))
  })

  it("P10 another maximum goes for the next bytes on", () => {
    const decoder = Raw.make().decoder()
    decoder.setMaxLength(1)
    decoder.feed(utf8("abcd"))
    assert.strictEqual(shown(decoder.next() ?? ""), shown(utf8("a")))
    decoder.setMaxLength(null)
    assert.strictEqual(shown(decoder.next() ?? ""), shown(utf8("bcd")))
  })

  it("P11 after EOF nothing is given", () => {
    const decoder = Raw.make().decoder()
    assert.deepStrictEqual([...decoder.end(), ...decoder.push(utf8("a")), ...decoder.end()], [])
    assert.isTrue(decoder.closed)
  })

  it("P6 P13 the encoder gives the bytes themselves, of any length", () => {
    const frame = utf8("abc")
    assert.strictEqual(Raw.make({ maxLength: 2 }).encoder().encode(frame), frame)
    assert.strictEqual(shown(Raw.make().encoder().encode(utf8(""))), shown(utf8("")))
  })

  it("refuses wrong options by their key, and says what is allowed", () => {
    const maximum = "a whole number of bytes from 1 to 9007199254740991, or null or Infinity for no limit"
    for (const [options, complaint] of [
      [{ maxLength: 0 }, `maxLength is 0, allowed: ${maximum}`],
      [{ maxLength: "1" }, `maxLength is "1", allowed: ${maximum}`],
      [{ maxlength: 1 }, "maxlength is 1, allowed: no such option; there are maxLength"],
      [null, "options is null, allowed: an object"]
    ] as const) {
      const made = Raw.tryMake(options as Raw.RawOptions)
      assert.strictEqual(isInvalidCodecOptions(made) ? made.message : "made", `raw codec: ${complaint}`)
    }
    for (const maxLength of [undefined, null, 1, Number.POSITIVE_INFINITY]) {
      assert.isFalse(isInvalidCodecOptions(Raw.tryMake({ maxLength })))
    }
    assert.throws(() => Raw.make({ maxLength: -1 }), InvalidCodecOptions, "maxLength is -1")
  })

  it("says in words what the options mean", () => {
    assert.strictEqual(Raw.make().name, "raw")
    assert.strictEqual(Raw.make().explain(), "Each chunk is given as it comes.")
    assert.strictEqual(
      Raw.make({ maxLength: 1 }).explain(),
      "Each chunk is given as it comes, in pieces of at most 1 byte."
    )
  })
})
