import { assert, describe, it } from "@effect/vitest"
import * as Delimiter from "../src/Delimiter.ts"
import { isFrameError } from "../src/FrameError.ts"
import { hex, shown, utf8 } from "./support/Bytes.ts"

const answer = (options: Delimiter.DelimiterOptions, frame: string): string => {
  const encoded = Delimiter.make(options).encoder().encode(utf8(frame))
  return isFrameError(encoded) ? `${encoded.kind}: ${encoded.message}` : shown(encoded)
}

const either = ["\n", "\r\n"]
const whole = { stripTerminator: false } as const

describe("DelimiterEncoder", () => {
  it("P6 writes the first delimiter, or the one that is named", () => {
    assert.strictEqual(answer({ delimiters: either }, "ab"), shown(utf8("ab\n")))
    assert.strictEqual(answer({ delimiters: either, terminator: "\r\n" }, "ab"), shown(utf8("ab\r\n")))
    assert.strictEqual(answer({ delimiters: either, terminator: utf8("\r\n") }, ""), shown(utf8("\r\n")))
  })

  it("P6 refuses what would not come back as it was", () => {
    for (const [options, frame, refusal] of [
      [{ delimiters: [";"] }, "a;b", 'contains_delimiter: frame to encode holds the delimiter ";" at byte 1'],
      [{ delimiters: ["\0"] }, "\0", "contains_delimiter: frame to encode holds the delimiter <00> at byte 0"],
      [{ delimiters: either }, "ab\r\n", 'contains_delimiter: frame to encode holds the delimiter "\\r\\n" at byte 2'],
      [
        { delimiters: either },
        "ab\r",
        'contains_delimiter: frame to encode, with "\\n" behind it, holds the delimiter "\\r\\n" at byte 2'
      ],
      [
        { delimiters: ["yz", "xy"] },
        "ax",
        'contains_delimiter: frame to encode, with "yz" behind it, holds the delimiter "xy" at byte 1'
      ],
      [
        { delimiters: ["aa"] },
        "ba",
        'contains_delimiter: frame to encode, with "aa" behind it, holds the delimiter "aa" at byte 1'
      ],
      [{ delimiters: [";"], maxLength: 2 }, "abc", "frame_too_long: frame to encode has 3 bytes, allowed are 2"],
      [
        { delimiters: either, ...whole },
        "a",
        "truncated: frame to encode has 1 byte and no delimiter at its end, which stripTerminator: false asks for"
      ],
      [
        { delimiters: either, ...whole },
        "",
        "truncated: frame to encode has 0 bytes and no delimiter at its end, which stripTerminator: false asks for"
      ],
      [
        { delimiters: either, ...whole },
        "a\nb\n",
        'contains_delimiter: frame to encode holds the delimiter "\\n" at byte 1'
      ],
      [
        { delimiters: either, ...whole, maxLength: 2 },
        "abc\r\n",
        "frame_too_long: frame to encode has 3 bytes, allowed are 2"
      ]
    ] as const) {
      assert.strictEqual(answer(options, frame), refusal)
    }
  })

  it("P6 takes the beginning of a delimiter at the end where nothing comes of it", () => {
    assert.strictEqual(answer({ delimiters: ["\r\n"] }, "a\r"), shown(utf8("a\r\r\n")))
    assert.strictEqual(answer({ delimiters: either, terminator: "\r\n" }, "a\r"), shown(utf8("a\r\r\n")))
    assert.strictEqual(answer({ delimiters: either, ...whole, maxLength: 2 }, "ab\r\n"), shown(utf8("ab\r\n")))
  })

  it("one refusal leaves nothing behind for the next frame", () => {
    const encoder = Delimiter.make({ delimiters: either }).encoder()
    assert.isTrue(isFrameError(encoder.encode(utf8("a\r"))))
    assert.strictEqual(shown(encoder.encode(utf8("b"))), shown(utf8("b\n")))
    assert.isTrue(isFrameError(encoder.encode(utf8("a\nb"))))
    assert.strictEqual(shown(encoder.encode(utf8("b"))), shown(utf8("b\n")))

    const both = Delimiter.make({ delimiters: ["|", ";"] }).encoder()
    const gap = "x".repeat(20)
    assert.isTrue(isFrameError(both.encode(utf8(`${gap}|${gap}`))))
    assert.isTrue(isFrameError(both.encode(utf8(`${gap}${gap.slice(10)};`))))

    const bringing = Delimiter.make({ delimiters: ["\r\n"], ...whole }).encoder()
    assert.isTrue(isFrameError(bringing.encode(utf8("a\r"))))
    assert.isTrue(isFrameError(bringing.encode(utf8("\n"))))
  })

  it("a refused frame of a batch is named by its index, and nothing is written", () => {
    const batch = Delimiter.nul()
      .encoder()
      .encodeAll([utf8("a"), utf8("b\0")])
    assert.isTrue(isFrameError(batch) && batch.frame === 1 && batch.kind === "contains_delimiter")
  })

  it("P13 with stripTerminator: false a frame is returned as it is, uncopied", () => {
    const frame = utf8("ab\r\n")
    assert.strictEqual(Delimiter.lines(whole).encoder().encode(frame), frame)
  })

  it("the head of a refusal is a copy of 16 bytes at most", () => {
    const error = Delimiter.nul().encoder().encode(utf8("0123456789abcdefghij\0"))
    assert.strictEqual(isFrameError(error) ? hex(error.head) : "", hex(utf8("0123456789abcdef")))
    assert.isTrue(isFrameError(error) && error.size === 21 && error.position === 0 && !error.fatal)
  })
})
