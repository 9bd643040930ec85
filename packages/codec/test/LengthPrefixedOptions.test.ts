import { assert, describe, it } from "@effect/vitest"
import { InvalidCodecOptions, isInvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Netstring from "../src/Netstring.ts"
import * as Varint from "../src/Varint.ts"

const complaints = (made: unknown): ReadonlyArray<string> =>
  isInvalidCodecOptions(made) ? made.invalid.map(({ allowed, key }) => `${key}: ${allowed}`) : []

const keysOf = (made: unknown): ReadonlyArray<string> =>
  isInvalidCodecOptions(made) ? made.invalid.map(({ key }) => key) : []

/** Options as they come from a configuration: any value, whatever the types say. */
const tryMake = (options: unknown) => LengthPrefixed.tryMake(options as LengthPrefixed.LengthPrefixedOptions)
const tryPreset = (name: unknown, options?: unknown) =>
  LengthPrefixed.tryPreset(name as LengthPrefixed.Preset, options as LengthPrefixed.PresetOptions)

const notWhole = [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "1", 1n, null, {}]
const notMaximum = [0, -1, 1.5, Number.NaN, 2 ** 53, Number.NEGATIVE_INFINITY, "5", 5n, {}]

describe("LengthPrefixedOptions", () => {
  it("takes none, every allowed value, and undefined for the default", () => {
    assert.strictEqual(LengthPrefixed.make().name, "length-prefixed")
    for (let lengthFieldLength = 1; lengthFieldLength <= 8; lengthFieldLength++) {
      assert.deepStrictEqual(keysOf(tryMake({ lengthFieldLength })), [])
    }
    for (const maxFrameLength of [4, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, null, undefined]) {
      assert.deepStrictEqual(keysOf(tryMake({ maxFrameLength })), [])
    }
    for (const lengthAdjustment of [0, -4, 5]) assert.deepStrictEqual(keysOf(tryMake({ lengthAdjustment })), [])
  })

  it("refuses every other value by its key", () => {
    const refused: ReadonlyArray<readonly [key: string, values: ReadonlyArray<unknown>]> = [
      ["lengthFieldOffset", [...notWhole, -1]],
      ["lengthFieldLength", [...notWhole, 0, 9, -1]],
      ["lengthAdjustment", notWhole],
      ["initialBytesToStrip", [...notWhole, -1]],
      ["maxFrameLength", notMaximum],
      ["endian", ["network", "", 1, null]],
      ["maxAppliesTo", ["body", null]],
      ["onTooLong", ["skip", null]],
      ["onPartialEof", ["ignore", true]],
      ["strippedBytes", [[1], "ab", new Uint8Array(1), null]]
    ]
    for (const [key, values] of refused) {
      for (const value of values) assert.deepStrictEqual(keysOf(tryMake({ [key]: value })), [key], `${key} ${value}`)
    }
    for (const options of [null, 7, "u32be", []]) assert.deepStrictEqual(keysOf(tryMake(options)), ["options"])
  })

  it("names all that is wrong at once, with what is allowed", () => {
    const made = tryMake({ lengthFieldLength: 9, lengthFieldOffset: -1, maxFrameLength: 0, lengthfield: 2 })
    assert.strictEqual(
      isInvalidCodecOptions(made) ? made.message : "",
      "length-prefixed codec: lengthFieldOffset is -1, allowed: a whole number from 0 to 9007199254740991; " +
        "lengthFieldLength is 9, allowed: a whole number from 1 to 8; " +
        "maxFrameLength is 0, allowed: a whole number of bytes from 1 to 9007199254740991, or null or Infinity for no limit; " +
        "lengthfield is 2, allowed: no such option; there are lengthFieldOffset, lengthFieldLength, lengthAdjustment, " +
        "initialBytesToStrip, endian, maxFrameLength, maxAppliesTo, onTooLong, onPartialEof, strippedBytes"
    )
  })

  it("refuses a header longer than the limit, whatever that is compared with", () => {
    const allowed = "maxFrameLength: at least lengthFieldOffset + lengthFieldLength, which is 6"
    const options = { lengthFieldOffset: 2, lengthFieldLength: 4 }
    for (const maxAppliesTo of ["frame", "field"]) {
      assert.deepStrictEqual(complaints(tryMake({ ...options, maxAppliesTo, maxFrameLength: 5 })), [allowed])
      assert.deepStrictEqual(complaints(tryMake({ ...options, maxAppliesTo, maxFrameLength: 6 })), [])
    }
  })

  it("refuses adjustments with which no length is one of a frame", () => {
    const u8 = { lengthFieldLength: 1 }
    const told = (options: object): ReadonlyArray<string> => complaints(tryMake({ ...u8, ...options }))
    assert.deepStrictEqual(told({ lengthAdjustment: -255 }), [])
    assert.deepStrictEqual(told({ lengthAdjustment: -256 }), [
      "lengthAdjustment: from -255 to 8388607, or no length is one of a frame"
    ])
    assert.deepStrictEqual(told({ lengthAdjustment: 9, maxFrameLength: 10 }), [])
    assert.deepStrictEqual(told({ lengthAdjustment: 10, maxFrameLength: 10 }), [
      "lengthAdjustment: from -255 to 9, or no length is one of a frame"
    ])
    const field = { maxAppliesTo: "field", maxFrameLength: 10 }
    assert.deepStrictEqual(told({ ...field, lengthAdjustment: 100 }), [])
    assert.deepStrictEqual(told({ ...field, lengthAdjustment: -10 }), [])
    assert.deepStrictEqual(told({ ...field, lengthAdjustment: -11 }), [
      "lengthAdjustment: -10 or more, or no length is one of a frame"
    ])
    assert.deepStrictEqual(
      complaints(tryMake({ lengthFieldLength: 8, lengthAdjustment: -Number.MAX_SAFE_INTEGER })),
      []
    )
  })

  it("refuses to strip more than the longest frame has", () => {
    const told = (options: object): ReadonlyArray<string> => complaints(tryMake({ lengthFieldLength: 1, ...options }))
    assert.deepStrictEqual(told({ initialBytesToStrip: 256 }), [])
    assert.deepStrictEqual(told({ initialBytesToStrip: 257 }), [
      "initialBytesToStrip: at most 256, the bytes of the longest frame there can be"
    ])
    assert.deepStrictEqual(told({ initialBytesToStrip: 11, maxFrameLength: 10 }), [
      "initialBytesToStrip: at most 10, the bytes of the longest frame there can be"
    ])
    assert.deepStrictEqual(told({ initialBytesToStrip: 11, maxFrameLength: 10, maxAppliesTo: "field" }), [])
    assert.deepStrictEqual(told({ initialBytesToStrip: 12, maxFrameLength: 10, maxAppliesTo: "field" }), [
      "initialBytesToStrip: at most 11, the bytes of the longest frame there can be"
    ])
  })

  it("strippedBytes has as many bytes as are stripped, and is copied", () => {
    const strippedBytes = Uint8Array.of(1, 2, 3)
    assert.deepStrictEqual(complaints(tryMake({ initialBytesToStrip: 2, strippedBytes })), [
      "strippedBytes: a Uint8Array of 2 bytes, as many as initialBytesToStrip says"
    ])
    const options = { initialBytesToStrip: 3, lengthFieldOffset: 2, lengthFieldLength: 1, strippedBytes }
    const encoder = LengthPrefixed.make(options).encoder()
    strippedBytes.fill(9)
    assert.deepStrictEqual(encoder.encode(Uint8Array.of(7)), Uint8Array.of(1, 2, 1, 7))
  })

  it("make and the presets throw what tryMake and tryPreset return", () => {
    assert.throws(() => LengthPrefixed.make({ lengthFieldLength: 0 }), InvalidCodecOptions, "lengthFieldLength is 0")
    assert.throws(() => LengthPrefixed.u32be({ maxFrameLength: 3 }), InvalidCodecOptions, "u32be codec: maxFrameLength")
    assert.deepStrictEqual(complaints(tryPreset("u32be", { endian: "big" })), [
      "endian: no such option; there are inclusive, maxFrameLength, maxAppliesTo, onTooLong, onPartialEof"
    ])
    assert.deepStrictEqual(keysOf(tryPreset("u8", { inclusive: "yes" })), ["inclusive"])
    for (const name of ["u128be", "toString", undefined]) assert.deepStrictEqual(keysOf(tryPreset(name)), ["name"])
  })
})

describe("VarintOptions and NetstringOptions", () => {
  const codecs: ReadonlyArray<readonly [max: string, tryMake: (options: unknown) => unknown, make: () => unknown]> = [
    [
      "maxFrameLength",
      (given) => Varint.tryMake(given as Varint.VarintOptions),
      () => Varint.make({ onTooLong: "x" as "fatal" })
    ],
    [
      "maxLength",
      (given) => Netstring.tryMake(given as Netstring.NetstringOptions),
      () => Netstring.make({ maxLength: 0 })
    ]
  ]
  for (const [max, tryMake, make] of codecs) {
    it(`${max}: takes what is allowed and refuses every other value by its key`, () => {
      for (const value of [1, null, Number.POSITIVE_INFINITY, undefined]) {
        assert.deepStrictEqual(keysOf(tryMake({ [max]: value })), [])
      }
      for (const value of notMaximum) assert.deepStrictEqual(keysOf(tryMake({ [max]: value })), [max])
      assert.deepStrictEqual(keysOf(tryMake({ onTooLong: "skip", onPartialEof: 1, max: 5 })), [
        "onTooLong",
        "onPartialEof",
        "max"
      ])
      assert.throws(make, InvalidCodecOptions)
    })
  }
})

describe("explain", () => {
  const told = (options: LengthPrefixed.LengthPrefixedOptions): string => LengthPrefixed.make(options).explain()
  const limits =
    "A frame has at most 8388608 bytes, counted with its header. A longer one is an error, and nothing is decoded after it. EOF inside a frame is an error."

  it("says where the length is, what it counts, and what is given", () => {
    assert.strictEqual(
      LengthPrefixed.u16be().explain(),
      `2 bytes, big-endian, at byte 0: how many bytes follow; frames come without the header. ${limits} The encoder puts back what was cut off.`
    )
    assert.strictEqual(
      LengthPrefixed.u32le({ inclusive: true }).explain(),
      `4 bytes, little-endian, at byte 0: how many bytes the whole frame has; frames come without the header. ${limits} The encoder puts back what was cut off.`
    )
    assert.strictEqual(
      told({ lengthFieldLength: 1, lengthFieldOffset: 2, lengthAdjustment: 3 }),
      `1 byte at byte 2: how many bytes follow, 3 of them not counted; frames come whole, with the header. ${limits} The encoder takes a frame only with the right length in it.`
    )
    assert.strictEqual(
      told({
        lengthFieldLength: 2,
        lengthFieldOffset: 1,
        lengthAdjustment: -2,
        initialBytesToStrip: 2,
        strippedBytes: Uint8Array.of(202, 0)
      }),
      `2 bytes, big-endian, at byte 1: how many bytes it and what follows have; frames come without their first 2 bytes. ${limits} The encoder puts back what was cut off, with ca 00 where the length is not. The encoder takes a frame only with the right length in it.`
    )
    assert.strictEqual(
      told({ lengthFieldLength: 2, lengthAdjustment: -1, initialBytesToStrip: 4 }),
      `2 bytes, big-endian, at byte 0: how many bytes follow, and 1 more; frames come without their first 4 bytes. ${limits} The encoder puts back what was cut off, with zeros where the length is not.`
    )
  })

  it("says what the limit is compared with and what follows", () => {
    assert.strictEqual(
      LengthPrefixed.u8({
        maxFrameLength: 9,
        maxAppliesTo: "field",
        onTooLong: "discard",
        onPartialEof: "emit"
      }).explain(),
      "1 byte at byte 0: how many bytes follow; frames come without the header. The length is at most 9. A longer one is an error; its bytes are dropped, and the next frame is decoded. What EOF leaves of a frame is a frame. The encoder puts back what was cut off."
    )
    assert.match(LengthPrefixed.u8({ maxFrameLength: null }).explain(), /header\. A frame may be of any length\. EOF/)
    assert.match(
      LengthPrefixed.u8({ maxFrameLength: null, maxAppliesTo: "field" }).explain(),
      /\. The length may be any number\. EOF/
    )
  })

  it("says it for varints and netstrings", () => {
    assert.strictEqual(
      Varint.make().explain(),
      `A varint, 1 to 10 bytes, the lowest seven bits first: how many bytes follow; frames come without it. ${limits} The encoder writes the shortest varint.`
    )
    assert.strictEqual(
      Netstring.make({ maxLength: 100, onTooLong: "discard", onPartialEof: "drop" }).explain(),
      "Decimal digits, a colon, as many bytes, and a comma; frames come without what is around them. A netstring has at most 100 bytes, counted without digits, colon and comma. A longer one is an error; its bytes are dropped, and the next netstring is decoded. What EOF leaves of a netstring is dropped."
    )
  })
})
