import { assert, describe, it } from "@effect/vitest"
import { FrameError, isFrameError } from "../src/FrameError.ts"
import { bare, layoutEncoder } from "../src/LayoutEncoder.ts"
import { concat, hex, utf8 } from "./support/Bytes.ts"

const mark = utf8("<")
const end = utf8(">")

/** `<…>`, and no empty frames. */
const encoder = layoutEncoder((payload: Uint8Array) =>
  payload.length === 0
    ? new FrameError({ kind: "bad_length", message: "empty", position: 0, fatal: false })
    : { before: mark, payload, after: end }
)

const large = new Uint8Array(4096).fill(7)
const small = new Uint8Array(4095).fill(8)

describe("LayoutEncoder", () => {
  it("encodes a frame into one new piece", () => {
    const encoded = encoder.encode(utf8("ab"))
    assert.strictEqual(isFrameError(encoded) ? encoded.message : hex(encoded), hex(utf8("<ab>")))
  })

  it("P13 gives a payload that stands alone as it is", () => {
    assert.strictEqual(layoutEncoder(bare).encode(large), large)
  })

  it("P13 joins what is small in a batch, and copies nothing that is large", () => {
    const pieces = encoder.encodeAll([utf8("a"), small, large, utf8("b"), large])
    if (isFrameError(pieces)) assert.fail(pieces.message)
    assert.deepStrictEqual(
      pieces.map(({ length }) => length),
      [3 + 4097 + 1, 4096, 1 + 3 + 1, 4096, 1]
    )
    assert.strictEqual(pieces[1], large)
    assert.strictEqual(pieces[3], large)
    const expected = ["<a>", small, large, "<b>", large].map((part) =>
      typeof part === "string" ? utf8(part) : concat([mark, part, end])
    )
    assert.strictEqual(hex(concat(pieces)), hex(concat(expected)))
  })

  it("writes nothing of a batch with a frame that cannot be encoded, and says which it is", () => {
    const refused = encoder.encodeAll([utf8("a"), utf8("b"), utf8("")])
    assert.strictEqual(isFrameError(refused) ? refused.frame : undefined, 2)
    assert.deepStrictEqual(encoder.encodeAll([]), [])
  })
})
