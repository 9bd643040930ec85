import { assert, describe, it } from "@effect/vitest"
import { type FrameError, isFrameError } from "../src/FrameError.ts"
import * as Varint from "../src/Varint.ts"
import { concat, hex, type Item, shown, utf8 } from "./support/Bytes.ts"
import { varintOf } from "./support/PrefixedStreams.ts"
import { chunksOf, decoded, shownAll } from "./support/Streams.ts"

const errorIn = (items: ReadonlyArray<Item>): FrameError => {
  const [first] = items
  if (first === undefined || !isFrameError(first)) return assert.fail(`no error: ${shownAll(items)}`)
  return first
}

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

const push = (varint: string, options: Varint.VarintOptions = {}): ReadonlyArray<Item> =>
  Varint.make(options).decoder().push(bytesOf(varint))

describe("Varint", () => {
  it("frames come without their varint, shortest or not", () => {
    const stream = concat([varintOf(3n), utf8("abc"), varintOf(1n, 1), utf8("d"), varintOf(0n, 9), varintOf(0n)])
    for (const sizes of [[1000], [1], [3]]) {
      const found = decoded(Varint.make().decoder(), chunksOf(stream, sizes))
      assert.deepStrictEqual(
        shownAll(found),
        ["abc", "d", "", ""].map((text) => shown(utf8(text)))
      )
    }
  })

  it("more than 10 bytes or 64 bits are bad_length, with the tenth byte", () => {
    const told = (varint: string) => {
      const { fatal, head, kind, message, size } = errorIn(push(varint))
      return [kind, message, fatal, size, hex(head)]
    }
    const nine = "ff".repeat(9)
    const where = "frame at byte 0 has a varint"
    assert.deepStrictEqual(told(`${nine}80`), [
      "bad_length",
      `${where} of more than 10 bytes`,
      true,
      undefined,
      `${nine}80`
    ])
    assert.deepStrictEqual(told(`${nine}02`), ["bad_length", `${where} above 64 bits`, true, undefined, `${nine}02`])
    assert.deepStrictEqual(told(`${"80".repeat(9)}81`)[1], `${where} of more than 10 bytes`)
    assert.deepStrictEqual(push("80".repeat(9)), [])
  })

  it("FF-34 lengths at the boundaries, split at each byte", () => {
    const max = 1000
    const lengths = [
      998n,
      999n,
      1001n,
      2n ** 31n,
      2n ** 32n - 1n,
      2n ** 53n - 1n,
      2n ** 53n,
      2n ** 53n + 1n,
      2n ** 64n - 1n
    ]
    for (const length of lengths) {
      for (const padding of [0, 10 - varintOf(length).length]) {
        const varint = varintOf(length, padding)
        for (const maxAppliesTo of ["frame", "field"] as const) {
          const counted = maxAppliesTo === "frame" ? length + BigInt(varint.length) : length
          for (let cut = 0; cut < varint.length; cut++) {
            const decoder = Varint.make({ maxFrameLength: max, maxAppliesTo }).decoder()
            assert.deepStrictEqual(decoder.push(varint.slice(0, cut)), [])
            const found = decoder.push(varint.slice(cut))
            if (counted <= max) assert.deepStrictEqual([found.length, decoder.pendingBytes], [0, varint.length])
            else assert.strictEqual(errorIn(found).size, Number(counted))
          }
        }
      }
    }
    assert.match(errorIn(push(hex(varintOf(2n ** 64n - 1n)))).message, /announces 18446744073709551625 bytes with its/)
    assert.match(
      errorIn(push(hex(varintOf(2n ** 53n + 1n)), { maxAppliesTo: "field" })).message,
      /announces a length of 9007199254740993, allowed are 8388608$/
    )
  })

  it("the limit counts the varint as it was sent", () => {
    assert.strictEqual(push("02aabb", { maxFrameLength: 3 }).length, 1)
    assert.strictEqual(errorIn(push("8200aabb", { maxFrameLength: 3 })).size, 4)
    assert.deepStrictEqual(shownAll(push("8200aabb", { maxFrameLength: 2, maxAppliesTo: "field" })), ["bytes aabb"])
  })

  it("EOF: missing is exact behind the varint, and not known inside it", () => {
    const at = (varint: string, onPartialEof: "error" | "emit" = "error"): ReadonlyArray<Item> => {
      const decoder = Varint.make({ onPartialEof }).decoder()
      decoder.push(bytesOf(varint))
      return decoder.end()
    }
    const told = (varint: string) => [errorIn(at(varint)).missing, errorIn(at(varint)).message.split("EOF ")[1]]
    assert.deepStrictEqual(told("ac"), [undefined, "after 1 byte, before the end of its header"])
    assert.deepStrictEqual(told("ac02"), [300, "after 2 bytes, 300 bytes of it missing"])
    assert.deepStrictEqual(told("02aa"), [1, "after 2 bytes, 1 byte of it missing"])
    assert.deepStrictEqual(shownAll([...at("ac", "emit"), ...at("ac02", "emit"), ...at("02aa", "emit")]), [
      "bytes ",
      "bytes ",
      "bytes aa"
    ])
  })

  it("a frame that is discarded is skipped exactly", () => {
    const stream = concat([varintOf(300n), new Uint8Array(300), varintOf(1n), utf8("a")])
    for (const sizes of [[1000], [1], [7]]) {
      const codec = Varint.make({ maxFrameLength: 10, onTooLong: "discard" })
      const found = decoded(codec.decoder(), chunksOf(stream, sizes))
      assert.deepStrictEqual(shownAll(found), [
        "frame_too_long at 0 size 302 limit 10 fatal false head ac02",
        shown(utf8("a"))
      ])
    }
  })
})
