import { assert, describe, it } from "@effect/vitest"
import { isFrameError } from "../src/FrameError.ts"
import * as Netstring from "../src/Netstring.ts"
import { type Item, shown, utf8 } from "./support/Bytes.ts"
import { chunksOf, decoded, shownAll } from "./support/Streams.ts"

const told = (item: Item): string =>
  isFrameError(item) ? `${item.kind}${item.fatal ? "!" : ""}: ${item.message}` : shown(item)

const all = (stream: string, options: Netstring.NetstringOptions = {}): ReadonlyArray<string> =>
  decoded(Netstring.make(options).decoder(), [utf8(stream)]).map(told)

const bad = (why: string): ReadonlyArray<string> => [`bad_length!: frame at byte 0 has ${why}`]

describe("Netstring", () => {
  it("frames are the content, which may hold anything", () => {
    const stream = utf8("12:hello world!,0:,3:1:,,")
    for (const sizes of [[1000], [1], [3]]) {
      const found = decoded(Netstring.make().decoder(), chunksOf(stream, sizes))
      assert.deepStrictEqual(
        shownAll(found),
        ["hello world!", "", "1:,"].map((text) => shown(utf8(text)))
      )
    }
  })

  it("a length is digits: neither sign nor space nor a leading 0, and not nothing", () => {
    const where = (byte: string, at: number): string =>
      `${byte} as byte ${at} of its length, allowed are digits and a colon after them`
    assert.deepStrictEqual(all("-1:a,"), bad(where("0x2d", 0)))
    assert.deepStrictEqual(all("1 :a,"), bad(where("0x20", 1)))
    assert.deepStrictEqual(all(":,"), bad(where("0x3a", 0)))
    assert.deepStrictEqual(all("\n"), bad(where("0x0a", 0)))
    assert.deepStrictEqual(all("1,a"), bad(where("0x2c", 1)))
    assert.deepStrictEqual(all("01:a,"), bad("a length that begins with 0, allowed is that of 0 alone"))
    assert.deepStrictEqual(all("00:,"), bad("a length that begins with 0, allowed is that of 0 alone"))
    assert.deepStrictEqual(all("1:a,2x"), [
      shown(utf8("a")),
      "bad_length!: frame at byte 4 has 0x78 as byte 1 of its length, allowed are digits and a colon after them"
    ])
  })

  it("FF-34 a peer that sends digits for ever is ended", () => {
    const limit = "allowed are lengths up to 9007199254740991"
    for (const onTooLong of ["discard", "fatal"] as const) {
      const decoder = Netstring.make({ maxLength: null, onTooLong }).decoder()
      assert.deepStrictEqual(decoder.push(utf8("1".repeat(16))), [])
      assert.deepStrictEqual(decoder.push(utf8("1")).map(told), bad(`a length of 17 digits, ${limit}`))
    }
    assert.deepStrictEqual(all("9007199254740992", { maxLength: 5 }), bad(`a length of 16 digits, ${limit}`))
    assert.deepStrictEqual(all("9007199254740991", { onPartialEof: "drop" }), [])
  })

  it("FF-34 a length over the limit is told with the colon, exactly", () => {
    for (const [length, size] of [
      ["11", 11],
      ["4294967295", 4_294_967_295],
      ["9007199254740991", 9_007_199_254_740_991]
    ] as const) {
      const decoder = Netstring.make({ maxLength: 10 }).decoder()
      assert.deepStrictEqual(decoder.push(utf8(length)), [])
      const [error] = decoder.push(utf8(":"))
      assert.isTrue(isFrameError(error) && error.fatal && error.size === size && error.limit === 10)
      assert.strictEqual(
        isFrameError(error) ? error.message : "",
        `frame at byte 0 announces a length of ${length}, allowed are 10`
      )
    }
    assert.deepStrictEqual(all("10:0123456789,", { maxLength: 10 }), [shown(utf8("0123456789"))])
  })

  it("P4 a netstring that is discarded is one error, whatever its comma is", () => {
    for (const end of [",", "x"]) {
      assert.deepStrictEqual(all(`3:abc${end}1:d,`, { maxLength: 2, onTooLong: "discard" }), [
        "frame_too_long: frame at byte 0 announces a length of 3, allowed are 2",
        shown(utf8("d"))
      ])
    }
  })

  it("without its comma it is bad_terminator", () => {
    const [error] = Netstring.make().decoder().push(utf8("3:abcd1:x,"))
    assert.strictEqual(
      told(error ?? utf8("")),
      "bad_terminator!: frame at byte 0 has 0x64 after its 3 bytes, allowed is 0x2c"
    )
    assert.isTrue(isFrameError(error) && error.size === 3 && error.head.length === 6)
  })

  it("EOF: missing is exact behind the colon, the comma counted, and not known before it", () => {
    const at = (stream: string, onPartialEof: "error" | "emit" | "drop" = "error"): ReadonlyArray<Item> => {
      const decoder = Netstring.make({ onPartialEof }).decoder()
      decoder.push(utf8(stream))
      return decoder.end()
    }
    const missing = (stream: string): number | undefined | string => {
      const [error] = at(stream)
      return isFrameError(error) ? error.missing : "no error"
    }
    assert.deepStrictEqual(["3", "3:", "3:a", "3:abc", "3:abc,"].map(missing), [undefined, 4, 3, 1, "no error"])
    const emitted = ["3", "3:", "3:a", "3:abc"].flatMap((stream) => at(stream, "emit"))
    assert.deepStrictEqual(
      shownAll(emitted),
      ["", "", "a", "abc"].map((text) => shown(utf8(text)))
    )
    assert.deepStrictEqual(at("3:a", "drop"), [])
  })

  it("P13 the content is a view of the chunk that holds it", () => {
    const chunk = utf8("3:abc,")
    const [frame] = Netstring.make().decoder().push(chunk)
    assert.isTrue(frame instanceof Uint8Array && frame.buffer === chunk.buffer)
    const decoder = Netstring.make().decoder()
    decoder.push(utf8("3:abc"))
    assert.deepStrictEqual(shownAll(decoder.push(utf8(","))), [shown(utf8("abc"))])
  })
})
