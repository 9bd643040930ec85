import { assert, describe, it } from "@effect/vitest"
import { type FrameError, isFrameError } from "../src/FrameError.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Netstring from "../src/Netstring.ts"
import * as Varint from "../src/Varint.ts"
import { concat, hex, shown, utf8 } from "./support/Bytes.ts"
import { lengthPrefixedPieces, type LengthPrefixed as Settings } from "./support/PrefixedReference.ts"
import { fieldOf, lengthPrefixed } from "./support/PrefixedStreams.ts"
import { content, someRuns } from "./support/Streams.ts"

const bytes = (...numbers: ReadonlyArray<number>): Uint8Array => Uint8Array.from(numbers)

const encoded = (options: LengthPrefixed.LengthPrefixedOptions, frame: Uint8Array): string => {
  const result = LengthPrefixed.make(options).encoder().encode(frame)
  return isFrameError(result) ? `${result.kind}: ${result.message}` : hex(result)
}

const errorOf = (result: unknown): FrameError => (isFrameError(result) ? result : assert.fail("no error"))

describe("LengthPrefixedEncoder", () => {
  const cut = { lengthFieldLength: 2, initialBytesToStrip: 2 } as const

  it("P6 puts the length in front, in both byte orders and with what it counts", () => {
    assert.strictEqual(encoded(cut, utf8("abc")), "0003616263")
    assert.strictEqual(encoded(cut, utf8("")), "0000")
    assert.strictEqual(encoded({ ...cut, endian: "little" }, utf8("abc")), "0300616263")
    assert.strictEqual(encoded({ ...cut, lengthAdjustment: -2 }, utf8("abc")), "0005616263")
    assert.strictEqual(encoded({ ...cut, lengthAdjustment: 1 }, utf8("abc")), "0002616263")
    const sizes = [1, 2, 3, 4, 5, 6, 7, 8].map((size) =>
      encoded({ lengthFieldLength: size, initialBytesToStrip: size, endian: "little" }, bytes(9))
    )
    assert.deepStrictEqual(
      sizes,
      Array.from({ length: 8 }, (_, index) => `01${"00".repeat(index)}09`)
    )
  })

  it("P6 P13 takes whole frames whose length is right, and returns them as they are", () => {
    const frame = bytes(0, 3, 97, 98, 99)
    assert.strictEqual(LengthPrefixed.make({ lengthFieldLength: 2 }).encoder().encode(frame), frame)
  })

  it("P6 refuses a whole frame whose length is not right", () => {
    const whole = { lengthFieldLength: 2, lengthFieldOffset: 1 }
    assert.strictEqual(
      encoded(whole, bytes(7, 0, 4, 97, 98, 99)),
      "bad_length: frame to encode has a length field of 4, its 6 bytes ask for 3"
    )
    assert.strictEqual(
      encoded(whole, bytes(7, 0)),
      "truncated: frame to encode has 2 bytes, of its header alone 3 are to be in it"
    )
    const error = errorOf(LengthPrefixed.make(whole).encoder().encode(bytes(7)))
    assert.deepStrictEqual([error.missing, error.size, error.fatal, error.position], [2, 1, false, 0])
  })

  it("P6 checks the part of the length that is not cut off", () => {
    const half = { lengthFieldLength: 2, initialBytesToStrip: 1 }
    assert.strictEqual(encoded(half, bytes(2, 97, 98)), "00026162")
    assert.strictEqual(
      encoded(half, bytes(3, 97, 98)),
      "bad_length: frame to encode has 3 in byte 0, a part of its length field; its 4 bytes ask for 2"
    )
    assert.strictEqual(
      encoded(half, bytes()),
      "truncated: frame to encode has 0 bytes, of its header alone 1 are to be in it"
    )
    const long = LengthPrefixed.make(half).encoder().encode(new Uint8Array(301).fill(44))
    assert.strictEqual(isFrameError(long) ? long.message : hex(long.subarray(0, 3)), "012c2c")
  })

  it("P6 puts back what was cut off around the length: zeros, or what is asked for", () => {
    const middle = { lengthFieldOffset: 1, lengthFieldLength: 2, initialBytesToStrip: 5 }
    assert.strictEqual(encoded(middle, utf8("ab")), "00000400006162")
    assert.strictEqual(encoded({ ...middle, strippedBytes: bytes(202, 9, 9, 254, 253) }, utf8("ab")), "ca0004fefd6162")
    assert.strictEqual(encoded({ ...middle, lengthAdjustment: 2 }, utf8("ab")), "00000200006162")
    const before = { lengthFieldOffset: 2, lengthFieldLength: 1, initialBytesToStrip: 1, strippedBytes: bytes(202) }
    assert.strictEqual(encoded(before, bytes(254, 2, 97, 98)), "cafe026162")
  })

  it("P6 refuses what is longer than the limit, counted as the limit says", () => {
    assert.strictEqual(encoded({ ...cut, maxFrameLength: 5 }, utf8("abc")), "0003616263")
    assert.strictEqual(
      encoded({ ...cut, maxFrameLength: 5 }, utf8("abcd")),
      "frame_too_long: frame to encode has 6 bytes with its header, allowed are 5"
    )
    const field = { ...cut, maxFrameLength: 5, maxAppliesTo: "field", lengthAdjustment: -2 } as const
    assert.strictEqual(encoded(field, utf8("abc")), "0005616263")
    assert.strictEqual(
      encoded(field, utf8("abcd")),
      "frame_too_long: frame to encode needs a length of 6, allowed are 5"
    )
    const error = errorOf(LengthPrefixed.u8({ maxFrameLength: 2 }).encoder().encode(utf8("abcd")))
    assert.deepStrictEqual([error.size, error.limit, error.fatal, hex(error.head)], [5, 2, false, "61626364"])
  })

  it("P6 refuses a length that the field cannot hold", () => {
    const u8 = LengthPrefixed.u8().encoder()
    assert.strictEqual(hex(u8.encode(new Uint8Array(255)) as Uint8Array).slice(0, 4), "ff00")
    const error = errorOf(u8.encode(new Uint8Array(256)))
    assert.deepStrictEqual(
      [error.kind, error.message],
      [
        "bad_length",
        "frame to encode has 257 bytes with its header, which asks for a length of 256, allowed are 0 to 255"
      ]
    )
    assert.isTrue(isFrameError(LengthPrefixed.u8({ inclusive: true }).encoder().encode(new Uint8Array(255))))
    assert.isTrue(isFrameError(LengthPrefixed.u16le().encoder().encode(new Uint8Array(65_536))))
    assert.isFalse(isFrameError(LengthPrefixed.u24be().encoder().encode(new Uint8Array(65_536))))
    assert.strictEqual(
      encoded({ lengthFieldLength: 1, initialBytesToStrip: 1, lengthAdjustment: 3 }, utf8("ab")),
      "bad_length: frame to encode has 3 bytes with its header, which asks for a length of -1, allowed are 0 to 255"
    )
    const far = { lengthFieldLength: 8, initialBytesToStrip: 8, lengthAdjustment: -Number.MAX_SAFE_INTEGER }
    assert.strictEqual(encoded(far, utf8("ab")), "00200000000000016162")
  })

  it("a batch is refused whole, and the error says which frame it was", () => {
    const encoder = LengthPrefixed.u8({ maxFrameLength: 4 }).encoder()
    const refused = errorOf(encoder.encodeAll([utf8("abc"), utf8("abcd"), utf8("a")]))
    assert.deepStrictEqual([refused.kind, refused.frame], ["frame_too_long", 1])
    const batch = encoder.encodeAll([utf8("abc"), utf8("")])
    assert.strictEqual(isFrameError(batch) ? "" : hex(concat(batch)), "0361626300")
  })

  it("P13 in a batch a large frame is not copied", () => {
    const frame = new Uint8Array(5_000)
    const batch = LengthPrefixed.u32be().encoder().encodeAll([frame])
    assert.isTrue(!isFrameError(batch) && batch.length === 2 && batch[1] === frame)
  })

  it.prop(
    "P6 a frame that came is written as it came",
    { given: lengthPrefixed },
    ({ given: { settings, stream } }) => {
      for (const piece of lengthPrefixedPieces(stream, false, settings, () => settings.maxFrameLength)) {
        if (piece.frameAt === undefined) continue
        const sent = stream.slice(piece.start, piece.end)
        const strippedBytes = sent.slice(0, settings.initialBytesToStrip)
        const encoder = LengthPrefixed.make({ ...settings, strippedBytes }).encoder()
        const written = encoder.encode(sent.slice(settings.initialBytesToStrip))
        assert.strictEqual(isFrameError(written) ? written.message : hex(written), hex(sent))
      }
    },
    someRuns
  )

  it.prop(
    "P6 it takes what the decoder can give, and nothing else",
    { given: lengthPrefixed, content },
    ({ content, given: { settings } }) => {
      for (const frame of [content, withField(content, settings)]) {
        assert.strictEqual(
          isFrameError(LengthPrefixed.make(settings).encoder().encode(frame)),
          !canCome(frame, settings)
        )
      }
    },
    someRuns
  )
})

const asked = (length: number, settings: Settings): bigint =>
  BigInt(length - settings.lengthFieldOffset - settings.lengthFieldLength - settings.lengthAdjustment)

/** The frame with as much of a right length field in it as there is place for. */
const withField = (frame: Uint8Array, settings: Settings): Uint8Array => {
  const { initialBytesToStrip: strip, lengthFieldOffset: offset } = settings
  const whole = concat([new Uint8Array(strip), frame])
  const field = fieldOf(asked(whole.length, settings), settings)
  whole.set(field.slice(0, Math.max(0, whole.length - offset)), Math.min(offset, whole.length))
  return whole.slice(strip)
}

const canCome = (frame: Uint8Array, settings: Settings): boolean => {
  const { initialBytesToStrip: strip, lengthFieldLength, lengthFieldOffset, maxAppliesTo, maxFrameLength } = settings
  const header = lengthFieldOffset + lengthFieldLength
  const total = strip + frame.length
  const value = asked(total, settings)
  if (total < header || value < 0n || value >= 2n ** BigInt(8 * lengthFieldLength)) return false
  if ((maxAppliesTo === "frame" ? BigInt(total) : value) > maxFrameLength) return false
  return hex(withField(frame, settings)) === hex(frame)
}

describe("the encoders of varints and netstrings", () => {
  it("P6 a varint is as short as it can be", () => {
    const encoder = Varint.make().encoder()
    const before = (length: number): string => {
      const written = encoder.encode(new Uint8Array(length))
      return isFrameError(written) ? written.message : hex(written.subarray(0, written.length - length))
    }
    assert.deepStrictEqual([0, 1, 127, 128, 300, 16_383, 16_384, 2_097_152].map(before), [
      "00",
      "01",
      "7f",
      "8001",
      "ac02",
      "ff7f",
      "808001",
      "80808001"
    ])
  })

  it("P6 a varint counts in the limit, unless that is on the field", () => {
    const encode = (options: Varint.VarintOptions, length: number): string => {
      const written = Varint.make({ maxFrameLength: 130, ...options })
        .encoder()
        .encode(new Uint8Array(length))
      return isFrameError(written) ? `${written.kind}: ${written.message}` : "written"
    }
    assert.strictEqual(encode({}, 128), "written")
    assert.strictEqual(
      encode({}, 129),
      "frame_too_long: frame to encode has 131 bytes with its header, allowed are 130"
    )
    assert.strictEqual(encode({ maxAppliesTo: "field" }, 130), "written")
    assert.strictEqual(
      encode({ maxAppliesTo: "field" }, 131),
      "frame_too_long: frame to encode needs a length of 131, allowed are 130"
    )
  })

  it("P6 a netstring has digits, a colon and a comma", () => {
    const encoder = Netstring.make({ maxLength: 12 }).encoder()
    const written = ["", "hello world!"].map((text) => shown(encoder.encode(utf8(text))))
    assert.deepStrictEqual(
      written,
      ["0:,", "12:hello world!,"].map((text) => shown(utf8(text)))
    )
    const error = errorOf(encoder.encode(utf8("hello, world!")))
    assert.strictEqual(error.message, "frame to encode needs a length of 13, allowed are 12")
    assert.deepStrictEqual([error.kind, error.size, error.limit], ["frame_too_long", 13, 12])
  })
})
