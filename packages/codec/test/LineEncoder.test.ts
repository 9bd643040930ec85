import { assert, describe, it } from "@effect/vitest"
import { isFrameError } from "../src/FrameError.ts"
import * as Line from "../src/Line.ts"
import { hex, shown, utf8 } from "./support/Bytes.ts"

const message = (item: unknown): string => (isFrameError(item) ? `${item.kind}: ${item.message}` : "no error")

describe("LineEncoder", () => {
  it("P6 adds the terminator", () => {
    assert.strictEqual(shown(Line.make().encoder().encode(utf8("ab"))), shown(utf8("ab\n")))
    assert.strictEqual(shown(Line.make().encoder().encode(utf8(""))), shown(utf8("\n")))
    const crLf = Line.make({ terminator: "\r\n", encoding: "utf8" }).encoder()
    assert.strictEqual(shown(crLf.encode("é")), shown(utf8("é\r\n")))
  })

  it("P6 refuses an LF inside", () => {
    const error = Line.make().encoder().encode(utf8("a\nb"))
    assert.strictEqual(
      message(error),
      "contains_delimiter: line to encode holds an LF at byte 1, allowed is every other byte"
    )
    assert.isTrue(isFrameError(error) && !error.fatal && error.position === 0)
    assert.match(message(Line.make({ encoding: "utf8" }).encoder().encode("\n")), /^contains_delimiter: .* byte 0,/)
    assert.match(message(Line.make({ stripTerminator: false }).encoder().encode(utf8("a\nb\n"))), /^contains_delimiter/)
  })

  it("P6 refuses a CR at the end where the decoder would strip it, and only there", () => {
    const expected =
      'contains_delimiter: line to encode ends in a CR at byte 1, which carriageReturn: "strip" would take from it'
    assert.strictEqual(message(Line.make().encoder().encode(utf8("a\r"))), expected)
    assert.strictEqual(shown(Line.make({ carriageReturn: "keep" }).encoder().encode(utf8("a\r"))), shown(utf8("a\r\n")))
    assert.strictEqual(shown(Line.make({ terminator: "\r\n" }).encoder().encode(utf8("a\r"))), shown(utf8("a\r\r\n")))
    assert.strictEqual(shown(Line.make().encoder().encode(utf8("a\rb"))), shown(utf8("a\rb\n")))
  })

  it("P6 refuses what is too long, counting content in bytes", () => {
    const error = Line.make({ maxLength: 3 }).encoder().encode(utf8("abcd"))
    assert.strictEqual(message(error), "frame_too_long: line to encode has 4 bytes, allowed are 3")
    assert.isTrue(isFrameError(error) && error.size === 4 && error.limit === 3)
    const text = Line.make({ maxLength: 3, encoding: "utf8", terminator: "\r\n" }).encoder()
    assert.strictEqual(shown(text.encode("éa")), shown(utf8("éa\r\n")))
    assert.match(message(text.encode("éé")), /^frame_too_long: .* 4 bytes, /)
    const whole = Line.make({ maxLength: 3, stripTerminator: false }).encoder()
    assert.strictEqual(shown(whole.encode(utf8("abc\r\n"))), shown(utf8("abc\r\n")))
    assert.match(message(whole.encode(utf8("abcd\n"))), /^frame_too_long: .* 4 bytes, /)
  })

  it("P13 with stripTerminator: false a whole line is returned as it is, uncopied", () => {
    const frame = utf8("ab\r\n")
    assert.strictEqual(Line.make({ stripTerminator: false }).encoder().encode(frame), frame)
  })

  it("with stripTerminator: false a frame without its LF is refused", () => {
    const encoder = Line.make({ stripTerminator: false }).encoder()
    const error = encoder.encode(utf8("ab"))
    assert.strictEqual(
      message(error),
      "truncated: line to encode has 2 bytes and no LF at its end, which stripTerminator: false asks for"
    )
    assert.isTrue(isFrameError(error) && error.missing === 1 && error.size === 2)
    assert.match(message(encoder.encode(utf8(""))), /^truncated/)
    assert.match(message(Line.make({ stripTerminator: false, encoding: "utf8" }).encoder().encode("ab")), /^truncated/)
  })

  it("P6 refuses half a surrogate pair, which would arrive as another character", () => {
    const encoder = Line.make({ encoding: "utf8" }).encoder()
    assert.strictEqual(
      message(encoder.encode("a🐊\uD83D")),
      "invalid_utf8: line to encode holds half of a surrogate pair at index 3, which UTF-8 cannot express"
    )
    const encoded = encoder.encode("a🐊")
    assert.strictEqual(isFrameError(encoded) ? "" : hex(encoded), hex(utf8("a🐊\n")))
  })
})
