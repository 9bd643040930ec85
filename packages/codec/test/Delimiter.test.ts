import { assert, describe, it } from "@effect/vitest"
import type { Codec } from "../src/Codec.ts"
import * as Delimiter from "../src/Delimiter.ts"
import { type FrameError, isFrameError } from "../src/FrameError.ts"
import { InvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import * as Line from "../src/Line.ts"
import { hex, type Item, shown, utf8 } from "./support/Bytes.ts"
import { everyCut, everyStream } from "./support/Exhaustive.ts"
import { decoded, shownAll } from "./support/Streams.ts"

const give = (codec: Codec<Uint8Array>, ...chunks: ReadonlyArray<string>): ReadonlyArray<string> =>
  shownAll(decoded(codec.decoder(), chunks.map(utf8)))

const bytesOf = (...texts: ReadonlyArray<string>): ReadonlyArray<string> => texts.map((each) => shown(utf8(each)))

const onlyError = (items: ReadonlyArray<Item>): FrameError => {
  const [error, ...others] = items
  assert.deepStrictEqual(others, [])
  if (!isFrameError(error)) return assert.fail(`no error: ${items}`)
  return error
}

const semicolon = { delimiters: [";"] } as const

describe("Delimiter: S106 the terminator at the end", () => {
  it("FF-35 five frames that arrive as one chunk, and one that arrives as five", () => {
    const codec = Delimiter.make({ delimiters: ["--"] })
    assert.deepStrictEqual(give(codec, "a--b--c----d--"), bytesOf("a", "b", "c", "", "d"))
    assert.deepStrictEqual(give(codec, "a", "b-", "", "-c", "-", "-"), bytesOf("ab", "c"))
  })

  it("the earliest end wins, among those that end together the longest", () => {
    assert.deepStrictEqual(
      give(Delimiter.make({ delimiters: ["\n", "\r\n"] }), "a\r\nb\nc\r\r\n"),
      bytesOf("a", "b", "c\r")
    )
    // "xy" ends before the "yz" that begins in it.
    const overlapping = Delimiter.make({ delimiters: ["xy", "yz"] })
    assert.deepStrictEqual(give(overlapping, "axyzbyz"), bytesOf("a", "zb"))
  })

  it("a delimiter does not begin before its frame", () => {
    assert.deepStrictEqual(give(Delimiter.make({ delimiters: ["aa"] }), "aaabaa"), bytesOf("", "ab"))
  })

  it("stripTerminator: false keeps the actual bytes", () => {
    const codec = Delimiter.lines({ stripTerminator: false })
    assert.deepStrictEqual(give(codec, "a\r", "\nb\n\r\n"), bytesOf("a\r\n", "b\n", "\r\n"))
  })

  it("FF-36 a delimiter of several bytes in UTF-8 is one delimiter, byte by byte too", () => {
    const decoder = Delimiter.make({ delimiters: ["é", "🐊"] }).decoder()
    const found = [...utf8("aébÃ🐊")].flatMap((byte) => decoder.push(Uint8Array.of(byte)))
    assert.deepStrictEqual(shownAll(found), bytesOf("a", "bÃ"))
  })

  it("FF-33 P9 P13 a frame is a view of the one chunk that holds it, and shares none where it spans two", () => {
    const decoder = Delimiter.crlf().decoder()
    const [first, second] = [utf8("ab\r\ncd\r"), utf8("\nef\r\n")] as const
    const found = [...decoder.push(first), ...decoder.push(second)].filter((item) => item instanceof Uint8Array)
    assert.deepStrictEqual(
      found.map(({ buffer }) => [buffer === first.buffer, buffer === second.buffer]),
      [
        [true, false],
        [false, false],
        [false, true]
      ]
    )
    assert.deepStrictEqual(
      found.map(hex),
      ["ab", "cd", "ef"].map((text) => hex(utf8(text)))
    )
  })
})

describe("Delimiter: too long", () => {
  it("P3 half a delimiter is not content until the next byte decides", () => {
    const codec = Delimiter.make({ delimiters: ["<end>"], maxLength: 3 })
    const decoder = codec.decoder()
    assert.deepStrictEqual([...decoder.push(utf8("abc<end"))], [])
    assert.strictEqual(decoder.pendingBytes, 7)
    assert.deepStrictEqual(shownAll(decoder.push(utf8(">"))), bytesOf("abc"))

    const other = codec.decoder()
    other.push(utf8("abc<end"))
    const error = onlyError(other.push(utf8("x")))
    assert.strictEqual(error.message, "frame at byte 0 has at least 4 bytes, allowed are 3")
    assert.deepStrictEqual([error.size, error.limit, error.position, hex(error.head)], [4, 3, 0, hex(utf8("abc<"))])
  })

  it("P3 of what is pending only as much becomes content as no delimiter can begin with any more", () => {
    const decoder = Delimiter.make({ delimiters: ["aab"], maxLength: 2 }).decoder()
    assert.deepStrictEqual([...decoder.push(utf8("aaaa"))], [])
    assert.deepStrictEqual(shownAll(decoder.push(utf8("b"))), bytesOf("aa"))
    assert.deepStrictEqual([...decoder.push(utf8("aaaa"))], [])
    assert.strictEqual(onlyError(decoder.push(utf8("a"))).size, 3)
  })

  it("P3 with several delimiters the longest beginning is what is pending", () => {
    const decoder = Delimiter.make({ delimiters: ["bcd", "abce"], maxLength: 1 }).decoder()
    // "abc" may become "abce", with no content, or, with "a" as content, "bcd".
    assert.deepStrictEqual([...decoder.push(utf8("abc"))], [])
    assert.deepStrictEqual(shownAll(decoder.push(utf8("dabce"))), bytesOf("a", ""))
    assert.strictEqual(onlyError(decoder.push(utf8("xabcx"))).size, 2)
  })

  it("P4 at EOF what is pending is content, and may pass the limit", () => {
    const codec = Delimiter.make({ delimiters: ["<end>"], maxLength: 3, onPartialEof: "emit" })
    assert.deepStrictEqual(give(codec, "a<e"), bytesOf("a<e"))
    assert.strictEqual(onlyError(decoded(codec.decoder(), [utf8("a<en")])).kind, "frame_too_long")
  })

  it("P4 a delimiter that begins in what is dropped ends it, wherever it was cut", () => {
    for (const failFast of [true, false]) {
      const codec = Delimiter.make({ delimiters: ["<end>"], maxLength: 3, onTooLong: "discard", failFast })
      for (const chunks of [["abcde<en", "d>ok<end>"], ["abcd", "<", "end", ">ok<end>"], ["abcde<<end>ok<end>"]]) {
        const decoder = codec.decoder()
        const found = chunks.flatMap((chunk) => [...decoder.push(utf8(chunk))])
        assert.deepStrictEqual(
          found.map((item) => (isFrameError(item) ? item.kind : hex(item))),
          ["frame_too_long", hex(utf8("ok"))]
        )
      }
    }
  })

  it("P4 reports when the frame ends, with its size, where failFast is off", () => {
    const decoder = Delimiter.make({ ...semicolon, maxLength: 3, onTooLong: "discard", failFast: false }).decoder()
    assert.deepStrictEqual([...decoder.push(utf8("abcd")), ...decoder.push(utf8("efg"))], [])
    const [error, frame] = decoder.push(utf8(";abc;"))
    assert.strictEqual(isFrameError(error) ? error.message : "", "frame at byte 0 has 7 bytes, allowed are 3")
    assert.strictEqual(frame instanceof Uint8Array ? hex(frame) : "", hex(utf8("abc")))
  })

  it("P5 P8 fatal: the frames before it are given, nothing after it is", () => {
    const decoder = Delimiter.make({ ...semicolon, maxLength: 3 }).decoder()
    const [first, error, ...others] = decoder.push(utf8("abc;abcd;abc;"))
    assert.strictEqual(first instanceof Uint8Array ? hex(first) : "", hex(utf8("abc")))
    assert.isTrue(isFrameError(error) && error.fatal)
    assert.deepStrictEqual(others, [])
    assert.deepStrictEqual([...decoder.push(utf8("abc;")), ...decoder.end()], [])
  })

  it("P3 dropping a frame of 16 MiB of half delimiters holds nothing", () => {
    const decoder = Delimiter.make({ delimiters: ["\r\n", "\r\t\t"], maxLength: 100, onTooLong: "discard" }).decoder()
    const chunk = new Uint8Array(65_536).fill(13)
    let errors = 0
    for (let sent = 0; sent < 256; sent++) {
      errors += decoder.push(chunk).length
      assert.strictEqual(decoder.pendingBytes, 0)
    }
    assert.strictEqual(errors, 1)
    assert.deepStrictEqual(shownAll(decoder.push(utf8("\nabc\r\n"))), bytesOf("abc"))
  })

  it("the default limit is 1 MiB, and null and Infinity lift it", () => {
    const mebibyte = new Uint8Array(1_048_576).fill(97)
    const sizes = (items: ReadonlyArray<Item>) => items.map((item) => (isFrameError(item) ? item.kind : item.length))
    assert.deepStrictEqual(sizes(decoded(Delimiter.nul().decoder(), [mebibyte, utf8("\0")])), [1_048_576])
    assert.deepStrictEqual(sizes(decoded(Delimiter.nul().decoder(), [mebibyte, utf8("a\0")])), ["frame_too_long"])
    for (const maxLength of [null, Number.POSITIVE_INFINITY]) {
      const decoder = Delimiter.nul({ maxLength }).decoder()
      assert.deepStrictEqual(sizes(decoded(decoder, [mebibyte, utf8("a\0")])), [1_048_577])
    }
  })
})

describe("Delimiter: EOF", () => {
  it("truncated names where and how much; emit gives half a delimiter too", () => {
    const error = onlyError(decoded(Delimiter.crlf().decoder(), [utf8("ab\r\ncde\r")]).slice(1))
    assert.strictEqual(error.message, "frame at byte 4 was cut off by EOF after 4 bytes, before its delimiter")
    assert.deepStrictEqual([error.kind, error.size, error.missing, error.fatal], ["truncated", 4, undefined, true])
    assert.deepStrictEqual(give(Delimiter.crlf({ onPartialEof: "emit" }), "a\r\nb\r"), bytesOf("a", "b\r"))
    assert.deepStrictEqual(give(Delimiter.crlf({ onPartialEof: "drop" }), "a\r\nb\r"), bytesOf("a"))
  })
})

describe("Delimiter: presets", () => {
  it("nul, crlf and lines end where they say, and nowhere else", () => {
    assert.deepStrictEqual(give(Delimiter.nul(), "a\r\n\0\0"), bytesOf("a\r\n", ""))
    assert.deepStrictEqual(give(Delimiter.crlf(), "a\nb\rc\r\r\n"), bytesOf("a\nb\rc\r"))
    assert.deepStrictEqual(give(Delimiter.lines(), "a\nb\r\nc\rd\n"), bytesOf("a", "b", "c\rd"))
  })

  it("their encoders write what they end with", () => {
    const encoded = (codec: Codec<Uint8Array>): string => shown(codec.encoder().encode(utf8("a")))
    assert.strictEqual(encoded(Delimiter.nul()), shown(utf8("a\0")))
    assert.strictEqual(encoded(Delimiter.crlf()), shown(utf8("a\r\n")))
    assert.strictEqual(encoded(Delimiter.lines()), shown(utf8("a\n")))
    assert.strictEqual(encoded(Delimiter.lines({ terminator: "\r\n" })), shown(utf8("a\r\n")))
  })

  it("take the other options, and refuse wrong ones", () => {
    assert.strictEqual(onlyError(decoded(Delimiter.nul({ maxLength: 1 }).decoder(), [utf8("ab\0")])).limit, 1)
    assert.throws(() => Delimiter.crlf({ terminator: "\n" }), InvalidCodecOptions, 'terminator is "\\n"')
  })

  it("lines and Line.make() are the same, for every short stream and every cut", () => {
    for (const options of [{ maxLength: 1 }, { maxLength: 2, failFast: false, onTooLong: "discard" }] as const) {
      const [one, other] = [Delimiter.lines(options), Line.make(options)]
      for (const stream of [1, 2, 3, 4].flatMap((length) => everyStream([97, 13, 10], length))) {
        for (const chunks of everyCut(stream)) {
          assert.deepStrictEqual(
            shownAll(decoded(one.decoder(), chunks)),
            shownAll(decoded(other.decoder(), chunks)),
            hex(stream)
          )
        }
      }
    }
  })
})

describe("Delimiter: explain", () => {
  it("says in words what the options mean", () => {
    assert.strictEqual(
      Delimiter.lines().explain(),
      'A frame ends with "\\n" or "\\r\\n", whichever ends first, and of those that end together the longest; frames come without it. ' +
        "A frame has at most 1048576 bytes, counted without its delimiter. A longer one is an error as soon as it passes the limit, " +
        'and nothing is decoded after it. EOF inside a frame is an error. The encoder ends each with "\\n".'
    )
    assert.strictEqual(
      Delimiter.nul({ stripTerminator: false, maxLength: null, onPartialEof: "drop" }).explain(),
      "A frame ends with <00>; frames keep it. A frame may be of any length. What EOF leaves of a frame is dropped."
    )
  })
})
