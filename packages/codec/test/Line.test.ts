import { assert, describe, it } from "@effect/vitest"
import type { Codec } from "../src/Codec.ts"
import { FrameError, isFrameError } from "../src/FrameError.ts"
import * as Line from "../src/Line.ts"
import { hex, type Item, shown, utf8 } from "./support/Bytes.ts"
import { decoded, shownAll } from "./support/Streams.ts"

const whole = { stripTerminator: false } as const
const text = { encoding: "utf8" } as const

const give = <Frame extends Item>(
  codec: Codec<Frame>,
  chunks: ReadonlyArray<string | Uint8Array>
): ReadonlyArray<string> =>
  shownAll(
    decoded(
      codec.decoder(),
      chunks.map((chunk) => (typeof chunk === "string" ? utf8(chunk) : chunk))
    )
  )

const textsOf = (...texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.map(shown)
const bytesOf = (...texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.map((each) => shown(utf8(each)))

const onlyError = (items: ReadonlyArray<Item>): FrameError => {
  const [error, ...others] = items
  assert.deepStrictEqual(others, [])
  if (!isFrameError(error)) return assert.fail(`no error: ${items}`)
  return error
}

describe("Line: echo", () => {
  const codec = Line.make(whole)
  const echo = (chunks: ReadonlyArray<string>): ReadonlyArray<string> =>
    decoded(codec.decoder(), chunks.map(utf8)).map((frame) =>
      frame instanceof Uint8Array ? shown(codec.encoder().encode(frame)) : shown(frame)
    )

  it("S101 the reply is the received line, its LF included", () => {
    assert.deepStrictEqual(echo(["abc\n"]), bytesOf("abc\n"))
    assert.deepStrictEqual(echo(["abc\r\n"]), bytesOf("abc\r\n"))
  })

  it("S102 a split line is one frame", () => {
    assert.deepStrictEqual(echo(["abc", "def\n"]), bytesOf("abcdef\n"))
  })

  it("S103 coalesced lines are two frames, out of one push", () => {
    assert.deepStrictEqual(echo(["abc\ndef\n"]), bytesOf("abc\n", "def\n"))
    assert.strictEqual(codec.decoder().push(utf8("abc\ndef\n")).length, 2)
  })

  it("S104 data without terminator at EOF is no frame", () => {
    const error = onlyError(decoded(codec.decoder(), [utf8("abc")]))
    assert.strictEqual(error.kind, "truncated")
    assert.deepStrictEqual(give(Line.make({ ...whole, onPartialEof: "drop" }), ["abc"]), [])
  })

  it("S105 an error ends its own decoder only", () => {
    const bounded = Line.make({ maxLength: 2 })
    const bad = bounded.decoder()
    const good = bounded.decoder()
    assert.deepStrictEqual(shownAll(good.push(utf8("o"))), [])
    assert.strictEqual(onlyError(bad.push(utf8("long\n"))).kind, "frame_too_long")
    assert.isTrue(bad.closed)
    assert.deepStrictEqual(shownAll(good.push(utf8("k\n"))), bytesOf("ok"))
    assert.isFalse(good.closed)
  })
})

describe("Line: terminators", () => {
  it("strips LF and CR LF, and no other CR", () => {
    assert.deepStrictEqual(give(Line.make(), ["a\nb\r\n\r\n\nc\rd\r\r\n"]), bytesOf("a", "b", "", "", "c\rd\r"))
  })

  it("keeps the CR where only LF ends a line", () => {
    assert.deepStrictEqual(give(Line.make({ carriageReturn: "keep" }), ["a\r\n"]), bytesOf("a\r"))
  })

  it("P3 a CR at the limit is not content until the next byte decides", () => {
    const codec = Line.make({ maxLength: 3 })
    const decoder = codec.decoder()
    assert.deepStrictEqual([...decoder.push(utf8("abc\r"))], [])
    assert.strictEqual(decoder.pendingBytes, 4)
    assert.deepStrictEqual(shownAll(decoder.push(utf8("\n"))), bytesOf("abc"))

    const other = codec.decoder()
    other.push(utf8("abc\r"))
    const error = onlyError(other.push(utf8("d")))
    assert.deepStrictEqual([error.kind, error.size, error.limit, error.position], ["frame_too_long", 4, 3, 0])

    // EOF is no byte: only in a frame that it makes of what is there the CR is content.
    assert.strictEqual(onlyError(decoded(codec.decoder(), [utf8("abc\r")])).kind, "truncated")
    const emitting = Line.make({ maxLength: 3, onPartialEof: "emit" })
    assert.strictEqual(onlyError(decoded(emitting.decoder(), [utf8("abc\r")])).kind, "frame_too_long")
    assert.strictEqual(
      onlyError(Line.make({ maxLength: 3, carriageReturn: "keep" }).decoder().push(utf8("abc\r"))).size,
      4
    )
  })
})

describe("Line: too long", () => {
  it("P4 reports at the first byte over the limit, without waiting for the LF", () => {
    const decoder = Line.make({ maxLength: 3, onTooLong: "discard" }).decoder()
    assert.deepStrictEqual([...decoder.push(utf8("ok\nabc"))].length, 1)
    const error = onlyError(decoder.push(utf8("d")))
    assert.strictEqual(error.message, "line at byte 3 has at least 4 bytes, allowed are 3")
    assert.strictEqual(hex(error.head), hex(utf8("abcd")))
    assert.deepStrictEqual([error.position, error.size, error.limit, error.fatal], [3, 4, 3, false])
    assert.deepStrictEqual([...decoder.push(utf8("efg"))], [])
    assert.deepStrictEqual(shownAll(decoder.push(utf8("h\nabc\n"))), bytesOf("abc"))
  })

  it("P4 reports when the line ends, with its size, where failFast is off", () => {
    const decoder = Line.make({ maxLength: 3, onTooLong: "discard", failFast: false }).decoder()
    assert.deepStrictEqual([...decoder.push(utf8("abcd")), ...decoder.push(utf8("efg\r"))], [])
    const [error, frame] = decoder.push(utf8("\nabc\n"))
    assert.isTrue(isFrameError(error))
    assert.strictEqual(isFrameError(error) ? error.message : "", "line at byte 0 has 7 bytes, allowed are 3")
    assert.strictEqual(frame instanceof Uint8Array ? hex(frame) : "", hex(utf8("abc")))
  })

  it("P4 is one error also where EOF comes before the LF", () => {
    for (const onPartialEof of ["error", "drop", "emit"] as const) {
      const late = Line.make({ maxLength: 3, onTooLong: "discard", failFast: false, onPartialEof })
      assert.strictEqual(onlyError(decoded(late.decoder(), [utf8("abc"), utf8("de")])).size, 5)
      const early = Line.make({ maxLength: 3, onTooLong: "discard", onPartialEof })
      assert.strictEqual(onlyError(decoded(early.decoder(), [utf8("abc"), utf8("de")])).size, 4)
    }
  })

  it("P5 P8 fatal: the lines before it are given, nothing after it is", () => {
    const decoder = Line.make({ maxLength: 3 }).decoder()
    const [first, error, ...others] = decoder.push(utf8("abc\nabcd\nabc\n"))
    assert.strictEqual(first instanceof Uint8Array ? hex(first) : "", hex(utf8("abc")))
    assert.isTrue(isFrameError(error) && error.fatal)
    assert.deepStrictEqual(others, [])
    assert.isTrue(decoder.closed)
    assert.deepStrictEqual([...decoder.push(utf8("abc\n")), ...decoder.end()], [])
  })

  it("P3 dropping a line of 64 MiB holds nothing", () => {
    const decoder = Line.make({ maxLength: 100, onTooLong: "discard" }).decoder()
    const chunk = new Uint8Array(65_536).fill(97)
    let errors = 0
    for (let sent = 0; sent < 1024; sent++) {
      errors += decoder.push(chunk).length
      assert.strictEqual(decoder.pendingBytes, 0)
    }
    assert.strictEqual(errors, 1)
    assert.deepStrictEqual(shownAll(decoder.push(utf8("\nabc\n"))), bytesOf("abc"))
  })

  it("the default limit is 1 MiB, and null and Infinity lift it", () => {
    const mebibyte = new Uint8Array(1_048_576).fill(97)
    const fits = decoded(Line.make().decoder(), [mebibyte, utf8("\n")])
    assert.deepStrictEqual(
      fits.map((frame) => (frame instanceof Uint8Array ? frame.length : frame)),
      [1_048_576]
    )
    assert.strictEqual(onlyError(decoded(Line.make().decoder(), [mebibyte, utf8("a\n")])).limit, 1_048_576)
    for (const maxLength of [null, Number.POSITIVE_INFINITY]) {
      assert.isFalse(decoded(Line.make({ maxLength }).decoder(), [mebibyte, utf8("a\n")]).some(isFrameError))
    }
  })
})

describe("Line: EOF", () => {
  it("truncated names where and how much", () => {
    const error = onlyError(decoded(Line.make().decoder(), [utf8("ab\ncde\r")]).slice(1))
    assert.strictEqual(error.message, "line at byte 3 was cut off by EOF after 4 bytes, before its LF")
    assert.deepStrictEqual([error.kind, error.size, error.missing, error.fatal], ["truncated", 4, undefined, true])
    const short = onlyError(decoded(Line.make().decoder(), [utf8("a")]))
    assert.strictEqual(short.message, "line at byte 0 was cut off by EOF after 1 byte, before its LF")
  })

  it("emit gives the rest as it is, and nothing for nothing", () => {
    const codec = Line.make({ onPartialEof: "emit" })
    assert.deepStrictEqual(give(codec, ["a\nb\r"]), bytesOf("a", "b\r"))
    assert.deepStrictEqual(give(codec, ["a\n"]), bytesOf("a"))
  })

  it("P11 after EOF the decoder is closed, also after nothing at all", () => {
    const decoder = Line.make({ onPartialEof: "emit" }).decoder()
    assert.deepStrictEqual([...decoder.end()], [])
    assert.isTrue(decoder.closed)
    assert.deepStrictEqual([...decoder.push(utf8("a\n")), ...decoder.end()], [])
  })
})

describe("Line: text", () => {
  it("FF-36 a character sent byte by byte is one character", () => {
    const bytes = [...utf8("é🐊\n")].map((byte) => Uint8Array.of(byte))
    assert.deepStrictEqual(give(Line.make(text), bytes), textsOf("é🐊"))
  })

  it("a line that is not UTF-8 is an error that names the byte, and the next line is decoded", () => {
    const decoder = Line.make(text).decoder()
    const found = decoder.push(Uint8Array.of(97, 10, 98, 0xc3, 10, 99, 10))
    assert.deepStrictEqual(
      found.filter((item) => typeof item === "string"),
      ["a", "c"]
    )
    const error = onlyError(found.filter(isFrameError))
    assert.deepStrictEqual([error.kind, error.position, error.size, error.fatal], ["invalid_utf8", 2, 2, false])
    assert.strictEqual(error.message, "line at byte 2 is not UTF-8: byte 0xc3 at 3")
    assert.isFalse(decoder.closed)
  })

  it("the limit counts bytes, and a byte order mark is content", () => {
    assert.deepStrictEqual(give(Line.make({ ...text, maxLength: 5 }), ["\uFEFFé\n"]), textsOf("\uFEFFé"))
    assert.strictEqual(onlyError(decoded(Line.make({ ...text, maxLength: 4 }).decoder(), [utf8("\uFEFFé\n")])).size, 5)
  })
})

describe("Line: chunks and memory", () => {
  it("FF-35 five writes that arrive as one chunk, and one write that arrives as five", () => {
    const frames = bytesOf("line1", "line2", "line3", "line4", "line5")
    assert.deepStrictEqual(give(Line.make(), ["line1\nline2\nline3\nline4\nline5\n"]), frames)
    assert.deepStrictEqual(give(Line.make(), ["line1\nli", "ne2\nline", "", "3\nline4", "\nline5\n"]), frames)
  })

  it("FF-33 P13 a frame is a view of the chunk that holds it, of one class for every chunk", () => {
    const { Buffer } = globalThis as unknown as { readonly Buffer: { readonly from: (text: string) => Uint8Array } }
    const chunk = Buffer.from("abc\ndef\n")
    const frames = Line.make()
      .decoder()
      .push(chunk)
      .filter((item) => item instanceof Uint8Array)
    assert.deepStrictEqual(
      frames.map((frame) => Object.getPrototypeOf(frame)),
      [Uint8Array.prototype, Uint8Array.prototype]
    )
    assert.deepStrictEqual(
      frames.map((frame) => frame.byteOffset - chunk.byteOffset),
      [0, 4]
    )
    chunk[4] = 68
    assert.deepStrictEqual(shownAll(frames), bytesOf("abc", "Def"))
  })

  it("FF-33 P9 a frame that spans chunks shares none of them", () => {
    const chunks = [utf8("ab"), utf8("c\nd")] as const
    const decoder = Line.make().decoder()
    const found = [...decoder.push(chunks[0]), ...decoder.push(chunks[1])]
    for (const chunk of chunks) chunk.fill(0)
    assert.deepStrictEqual(shownAll(found), bytesOf("abc"))
  })

  it("a chunk that completes nothing gives one shared, frozen, empty array", () => {
    const decoder = Line.make().decoder()
    const nothing: ReadonlyArray<Item> = decoder.push(utf8("ab"))
    assert.isTrue(Object.isFrozen(nothing))
    const alsoNothing: ReadonlyArray<Item> = Line.make(text).decoder().push(utf8(""))
    assert.strictEqual(alsoNothing, nothing)
  })

  it("the head of an error is a copy of 16 bytes at most", () => {
    const { Buffer } = globalThis as unknown as { readonly Buffer: { readonly from: (text: string) => Uint8Array } }
    const chunk = Buffer.from("0123456789abcdefghij\n")
    const error = onlyError(Line.make({ maxLength: 18 }).decoder().push(chunk))
    const direct = new FrameError({ kind: "bad_length", message: "", position: 0, fatal: true, head: chunk })
    chunk.fill(0)
    assert.strictEqual(hex(error.head), hex(utf8("0123456789abcdef")))
    assert.strictEqual(hex(direct.head), hex(utf8("0123456789abcdef")))
  })
})
