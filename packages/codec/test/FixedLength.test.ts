import { assert, describe, it } from "@effect/vitest"
import * as FixedLength from "../src/FixedLength.ts"
import { type FrameError, isFrameError } from "../src/FrameError.ts"
import { InvalidCodecOptions, isInvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import { hex, type Item, shown, utf8 } from "./support/Bytes.ts"
import { decoded, shownAll } from "./support/Streams.ts"

const bytesOf = (...texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.map((each) => shown(utf8(each)))

const onlyError = (items: ReadonlyArray<Item>): FrameError => {
  const [error, ...others] = items
  assert.deepStrictEqual(others, [])
  if (!isFrameError(error)) return assert.fail(`no error: ${items}`)
  return error
}

const three = FixedLength.make({ length: 3 })

describe("FixedLength: decoding", () => {
  it("S106 FF-35 split and coalesced frames, each as soon as its last byte is there", () => {
    const decoder = three.decoder()
    assert.deepStrictEqual(shownAll(decoder.push(utf8("abcde"))), bytesOf("abc"))
    assert.deepStrictEqual(shownAll(decoder.push(utf8("fghijk"))), bytesOf("def", "ghi"))
    assert.deepStrictEqual(shownAll(decoder.push(utf8("l"))), bytesOf("jkl"))
    assert.deepStrictEqual([...decoder.end()], [])
  })

  it("EOF inside a frame is truncated, with what has come and what is missing", () => {
    const error = onlyError(decoded(three.decoder(), [utf8("abcd")]).slice(1))
    assert.strictEqual(error.message, "frame at byte 3 was cut off by EOF after 1 of 3 bytes")
    assert.deepStrictEqual([error.kind, error.size, error.missing, error.position], ["truncated", 1, 2, 3])
    assert.deepStrictEqual([error.fatal, hex(error.head)], [true, hex(utf8("d"))])
    const rest = (onPartialEof: "drop" | "emit") =>
      shownAll(decoded(FixedLength.make({ length: 3, onPartialEof }).decoder(), [utf8("abcd")]))
    assert.deepStrictEqual(rest("drop"), bytesOf("abc"))
    assert.deepStrictEqual(rest("emit"), bytesOf("abc", "d"))
  })

  it("P10 under a lower maximum the next frame is too long, at its first byte, and nothing follows", () => {
    const decoder = three.decoder()
    decoder.push(utf8("a"))
    decoder.setMaxLength(2)
    assert.deepStrictEqual(shownAll(decoder.push(utf8("bc"))), bytesOf("abc"))
    const error = onlyError(decoder.push(utf8("d")))
    assert.strictEqual(error.message, "frame at byte 3 has 3 bytes, allowed are 2")
    assert.deepStrictEqual([error.kind, error.size, error.limit, error.fatal], ["frame_too_long", 3, 2, true])
    assert.isTrue(decoder.closed)

    const raised = three.decoder()
    raised.setMaxLength(2)
    raised.setMaxLength(3)
    assert.deepStrictEqual(shownAll(raised.push(utf8("abc"))), bytesOf("abc"))
  })

  it("FF-34 a large length alone takes no memory", () => {
    const decoder = FixedLength.make({ length: Number.MAX_SAFE_INTEGER }).decoder()
    assert.deepStrictEqual([...decoder.push(utf8("a"))], [])
    assert.strictEqual(onlyError(decoder.end()).missing, Number.MAX_SAFE_INTEGER - 1)
  })

  it("FF-32 a frame of 4 MiB in chunks of 1 KiB, and of 64 KiB in chunks of one byte, is joined once", () => {
    for (const [size, length] of [
      [1024, 4 * 1024 * 1024],
      [1, 65_536]
    ] as const) {
      const decoder = FixedLength.make({ length }).decoder()
      const chunk = new Uint8Array(size).fill(7)
      const found: Array<Item> = []
      for (let sent = 0; sent < length; sent += size) found.push(...decoder.push(chunk))
      assert.deepStrictEqual(
        found.map((item) => item instanceof Uint8Array && item.length === length && item.every((byte) => byte === 7)),
        [true]
      )
    }
  })
})

describe("FixedLength: encoding", () => {
  it("P6 P13 gives the frame itself, and refuses every other length", () => {
    const encoder = three.encoder()
    const frame = utf8("abc")
    assert.strictEqual(encoder.encode(frame), frame)
    for (const [text, kind, message, missing, limit] of [
      ["abcd", "frame_too_long", "frame to encode has 4 bytes, allowed are exactly 3", undefined, 3],
      ["a", "bad_length", "frame to encode has 1 byte, allowed are exactly 3", 2, undefined],
      ["", "bad_length", "frame to encode has 0 bytes, allowed are exactly 3", 3, undefined]
    ] as const) {
      const error = encoder.encode(utf8(text))
      if (!isFrameError(error)) return assert.fail(text)
      assert.deepStrictEqual([error.kind, error.message, error.missing, error.limit], [kind, message, missing, limit])
      assert.deepStrictEqual([error.size, error.position, error.fatal], [text.length, 0, false])
    }
  })
})

describe("FixedLength: options", () => {
  const messageFor = (options: unknown): string => {
    const made = FixedLength.tryMake(options as FixedLength.FixedLengthOptions)
    return isInvalidCodecOptions(made) ? made.message : "made"
  }

  it("takes every allowed value, and undefined for the default", () => {
    for (const options of [
      { length: 1 },
      { length: Number.MAX_SAFE_INTEGER, onPartialEof: undefined },
      { length: 2, onPartialEof: "emit" }
    ]) {
      assert.strictEqual(messageFor(options), "made")
    }
    assert.strictEqual(three.name, "fixed")
  })

  it("refuses every other value by its key, and says what is allowed", () => {
    const whole = "a whole number from 1 to 9007199254740991"
    for (const [options, complaint] of [
      [{}, `length is missing, allowed: ${whole}`],
      ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER + 1, null].map(
        (length) => [{ length }, `length is ${length}, allowed: ${whole}`] as const
      ),
      [{ length: "3" }, `length is "3", allowed: ${whole}`],
      [{ length: 3n }, `length is 3n, allowed: ${whole}`],
      [{ length: 3, onPartialEof: "keep" }, 'onPartialEof is "keep", allowed: "error" or "drop" or "emit"'],
      [{ length: 3, size: 3 }, "size is 3, allowed: no such option; there are length, onPartialEof"]
    ] as const) {
      assert.strictEqual(messageFor(options), `fixed codec: ${complaint}`)
    }
    assert.match(messageFor(null), /^fixed codec: options is null, allowed: an object; length is missing/)
    assert.throws(() => FixedLength.make({ length: 0 }), InvalidCodecOptions, "length is 0")
  })

  it("says in words what they mean", () => {
    assert.strictEqual(
      three.explain(),
      "Each frame has exactly 3 bytes, with nothing between them. EOF inside a frame is an error."
    )
  })
})
