import { assert, describe, it } from "@effect/vitest"
import { type FrameError, isFrameError } from "../src/FrameError.ts"
import { type InvalidCodecOptions, isInvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import { concat, hex, type Item, shown, utf8 } from "./support/Bytes.ts"
import { bytesCopied } from "./support/BytesCopied.ts"
import { fieldOf } from "./support/PrefixedStreams.ts"
import { chunksOf, decoded, shownAll } from "./support/Streams.ts"

const bytes = (...numbers: ReadonlyArray<number>): Uint8Array => Uint8Array.from(numbers)

const errorIn = (items: ReadonlyArray<Item>): FrameError => {
  const [first] = items
  if (first === undefined || !isFrameError(first)) return assert.fail(`no error: ${shownAll(items)}`)
  return first
}

const ok = <Made>(made: Made | InvalidCodecOptions): Made =>
  isInvalidCodecOptions(made) ? assert.fail(made.message) : made

const told = (item: Item): string => (isFrameError(item) ? `${item.kind}: ${item.message}` : shown(item))

describe("decoding", () => {
  it("S106 a header with the total length", () => {
    const codec = LengthPrefixed.u16be({ inclusive: true })
    const stream = bytes(0, 5, 97, 98, 99, 0, 2, 0, 3, 100)
    for (const sizes of [[1000], [1], [3]]) {
      const found = decoded(codec.decoder(), chunksOf(stream, sizes))
      assert.deepStrictEqual(
        shownAll(found),
        ["abc", "", "d"].map((text) => shown(utf8(text)))
      )
    }
    assert.strictEqual(
      told(errorIn(codec.decoder().push(bytes(0, 1)))),
      "bad_length: frame at byte 0 has a length field of 1, which makes it 1 byte long, its header alone has 2"
    )
  })

  it("S106 a command and a length that counts the whole frame, nothing cut off", () => {
    const options = { lengthFieldOffset: 1, lengthFieldLength: 2, lengthAdjustment: -3 }
    const found = LengthPrefixed.make(options)
      .decoder()
      .push(bytes(7, 0, 5, 97, 98, 8, 0, 3))
    assert.deepStrictEqual(shownAll(found), ["bytes 0700056162", "bytes 080003"])
  })

  for (const preset of LengthPrefixed.presets) {
    it(`${preset} cuts off its header, with and without itself in the length`, () => {
      const size = Number(preset.slice(1, 3).replace(/\D/, "")) / 8
      const endian = preset.endsWith("le") ? "little" : "big"
      const options = { lengthFieldLength: size, endian, initialBytesToStrip: size } as const
      for (const inclusive of [false, true]) {
        const codec = ok(LengthPrefixed.tryPreset(preset, { inclusive }))
        const adjusted = { ...options, lengthAdjustment: inclusive ? -size : 0 }
        const field = fieldOf(BigInt(inclusive ? size + 3 : 3), { endian, lengthFieldLength: size })
        const stream = concat([field, utf8("abc")])
        assert.deepStrictEqual(shownAll(codec.decoder().push(stream)), [shown(utf8("abc"))])
        assert.strictEqual(told(codec.encoder().encode(utf8("abc"))), shown(stream))
        assert.strictEqual(told(LengthPrefixed.make(adjusted).encoder().encode(utf8("abc"))), shown(stream))
        assert.strictEqual(codec.explain(), LengthPrefixed.make(adjusted).explain())
        assert.strictEqual(codec.name, preset)
      }
    })
  }

  it("each preset is a function of its own", () => {
    const { u16be, u16le, u24be, u24le, u32be, u32le, u64be, u64le, u8 } = LengthPrefixed
    const made = [u8, u16be, u16le, u24be, u24le, u32be, u32le, u64be, u64le].map((preset) => preset().name)
    assert.deepStrictEqual(made, [...LengthPrefixed.presets])
  })

  it("bad_length comes before frame_too_long: such a length says nothing about where the next frame begins", () => {
    const shorter = { lengthFieldLength: 1, lengthAdjustment: -20, maxFrameLength: 5, onTooLong: "discard" } as const
    const errors = [
      LengthPrefixed.make({
        ...shorter,
        maxAppliesTo: "field",
        lengthAdjustment: -5,
        maxFrameLength: 9,
        initialBytesToStrip: 4
      })
        .decoder()
        .push(bytes(3)),
      LengthPrefixed.make(shorter).decoder().push(bytes(19))
    ].map((items) => told(errorIn(items)))
    assert.deepStrictEqual(errors, [
      "bad_length: frame at byte 0 has a length field of 3, which makes it -1 bytes long, its header alone has 1",
      "bad_length: frame at byte 0 has a length field of 19, which makes it 0 bytes long, its header alone has 1"
    ])
    const decoder = LengthPrefixed.make({ lengthFieldLength: 1, initialBytesToStrip: 5, maxFrameLength: 8 }).decoder()
    decoder.setMaxLength(2)
    const error = errorIn(decoder.push(bytes(3, 1, 1, 1)))
    assert.strictEqual(
      told(error),
      "bad_length: frame at byte 0 has a length field of 3, which makes it 4 bytes long, of which 5 are to be stripped"
    )
    assert.deepStrictEqual([error.fatal, error.size, hex(error.head)], [true, 4, "03"])
  })

  it("frame_too_long says what the limit is compared with", () => {
    const options = { lengthFieldLength: 2, lengthFieldOffset: 1, maxFrameLength: 10 } as const
    const frame = errorIn(
      LengthPrefixed.make(options)
        .decoder()
        .push(bytes(9, 0, 8, 1, 2))
    )
    assert.strictEqual(
      told(frame),
      "frame_too_long: frame at byte 0 announces 11 bytes with its header, allowed are 10"
    )
    assert.deepStrictEqual([frame.size, frame.limit, frame.fatal, hex(frame.head)], [11, 10, true, "090008"])
    const field = errorIn(
      LengthPrefixed.make({ ...options, maxAppliesTo: "field" })
        .decoder()
        .push(bytes(9, 0, 11))
    )
    assert.strictEqual(told(field), "frame_too_long: frame at byte 0 announces a length of 11, allowed are 10")
    assert.deepStrictEqual([field.size, field.limit], [11, 10])
  })

  it("P5 after a fatal error the position is still that of the bad frame", () => {
    const decoder = LengthPrefixed.u8({ maxFrameLength: 2 }).decoder()
    assert.strictEqual(decoder.push(bytes(1, 9, 3, 1, 1, 1, 1, 9)).length, 2)
    assert.deepStrictEqual([decoder.position, decoder.closed, decoder.pendingBytes], [2, true, 0])
  })

  it("P10 a maximum below the header makes every frame too long, and discards each whole", () => {
    const decoder = LengthPrefixed.u32be({ onTooLong: "discard" }).decoder()
    decoder.setMaxLength(3)
    const found = decoder.push(bytes(0, 0, 0, 0, 0, 0, 0, 1, 7))
    assert.deepStrictEqual(
      found.map((item) => (isFrameError(item) ? item.position : -1)),
      [0, 4]
    )
    assert.isFalse(decoder.inFrame)
    decoder.setMaxLength(null)
    assert.deepStrictEqual(shownAll(decoder.push(bytes(0, 0, 0, 1, 9))), ["bytes 09"])
  })

  it("P12 after the error of a discarded frame nothing of it is given up that was there", () => {
    const decoder = LengthPrefixed.u8({ maxFrameLength: 2, onTooLong: "discard" }).decoder()
    decoder.feed(bytes(3, 1, 1, 1, 1, 42))
    assert.strictEqual(told(decoder.next() ?? utf8("none")).split(":")[0], "frame_too_long")
    assert.deepStrictEqual([decoder.position, hex(decoder.detach())], [4, "012a"])
  })
})

describe("EOF", () => {
  const options = { lengthFieldLength: 2, lengthFieldOffset: 1, initialBytesToStrip: 2 } as const
  const after = (stream: ReadonlyArray<number>, onPartialEof: "error" | "drop" | "emit"): ReadonlyArray<Item> => {
    const decoder = LengthPrefixed.make({ ...options, onPartialEof }).decoder()
    decoder.push(Uint8Array.from(stream))
    return decoder.end()
  }

  it("inside a frame it is truncated: how much is missing is exact, right after the header too", () => {
    const told = (stream: ReadonlyArray<number>) => {
      const { message, missing, size } = errorIn(after(stream, "error"))
      return [size, missing, message.split("EOF ")[1]]
    }
    assert.deepStrictEqual(told([7]), [1, 2, "after 1 byte, 2 bytes of its header missing"])
    assert.deepStrictEqual(told([7, 0]), [2, 1, "after 2 bytes, 1 byte of its header missing"])
    assert.deepStrictEqual(told([7, 1, 0]), [3, 256, "after 3 bytes, 256 bytes of it missing"])
    assert.deepStrictEqual(told([7, 0, 2, 9]), [4, 1, "after 4 bytes, 1 byte of it missing"])
    assert.deepStrictEqual(after([7, 0, 0], "error"), [])
    assert.deepStrictEqual(after([], "error"), [])
  })

  it("dropped, or one frame of what came, after stripping", () => {
    const emitted = (stream: ReadonlyArray<number>) => shownAll(after(stream, "emit"))
    assert.deepStrictEqual(after([7, 0, 2, 9], "drop"), [])
    assert.deepStrictEqual(emitted([7, 0, 2, 9]), ["bytes 0209"])
    assert.deepStrictEqual(emitted([7, 0, 2]), ["bytes 02"])
    assert.deepStrictEqual(emitted([7, 0]), ["bytes "])
    assert.deepStrictEqual(emitted([7]), ["bytes "])
    assert.deepStrictEqual(emitted([]), [])
  })

  it("adds nothing to a frame that is discarded", () => {
    for (const onPartialEof of ["error", "drop", "emit"] as const) {
      const decoder = LengthPrefixed.u8({ maxFrameLength: 3, onTooLong: "discard", onPartialEof }).decoder()
      assert.strictEqual(decoder.push(bytes(3, 1)).length, 1)
      assert.deepStrictEqual(decoder.end(), [])
    }
  })

  it("of a frame that no stream can hold: missing is the nearest number, the message exact", () => {
    const decoder = LengthPrefixed.u64be({ maxFrameLength: null }).decoder()
    decoder.push(new Uint8Array(8).fill(255))
    const error = errorIn(decoder.end())
    assert.strictEqual(error.missing, 2 ** 64)
    assert.match(error.message, /after 8 bytes, 18446744073709551615 bytes of it missing$/)
  })
})

describe("FF-34 lengths at the boundaries", () => {
  const max = 1000
  const lengths = [max - 1, max, max + 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 53 - 1, 2 ** 53].map(BigInt)
  const all = [...lengths, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]

  for (const lengthFieldLength of [2, 4, 5, 7, 8]) {
    for (const endian of ["big", "little"] as const) {
      for (const maxAppliesTo of ["frame", "field"] as const) {
        it(`${lengthFieldLength} bytes, ${endian}-endian, the limit on the ${maxAppliesTo}, split at each byte`, () => {
          const options = { lengthFieldLength, endian, maxAppliesTo, lengthAdjustment: 3 } as const
          const around = maxAppliesTo === "frame" ? BigInt(lengthFieldLength + 3) : 0n
          const codec = LengthPrefixed.make({ ...options, maxFrameLength: max + Number(around) })
          for (const length of all.filter((length) => length < 2n ** BigInt(8 * lengthFieldLength))) {
            const field = fieldOf(length, { endian, lengthFieldLength })
            for (let cut = 0; cut < lengthFieldLength; cut++) {
              const decoder = codec.decoder()
              assert.deepStrictEqual(decoder.push(field.slice(0, cut)), [])
              const found = decoder.push(field.slice(cut))
              if (length <= max) assert.deepStrictEqual([found.length, decoder.pendingBytes], [0, lengthFieldLength])
              else assert.deepStrictEqual(errorIn(found).size, Number(length + around))
            }
          }
        })
      }
    }
  }

  it("compares exactly above 2 ** 53, where a rounded number would be another", () => {
    const lengthAdjustment = -(2 ** 53 - 1)
    const options = { lengthFieldLength: 8, lengthAdjustment, maxFrameLength: 9 }
    const decoded = (length: bigint) =>
      LengthPrefixed.make(options)
        .decoder()
        .push(fieldOf(length, { endian: "big", lengthFieldLength: 8 }))
    assert.deepStrictEqual(decoded(2n ** 53n), [])
    assert.strictEqual(errorIn(decoded(2n ** 53n + 1n)).size, 10)
    assert.strictEqual(errorIn(decoded(2n ** 53n - 2n)).kind, "bad_length")
    assert.match(
      errorIn(LengthPrefixed.u64be().decoder().push(new Uint8Array(8).fill(255))).message,
      /announces 18446744073709551623 bytes with/
    )
  })

  it("nothing is allocated for what was only announced", () => {
    const decoder = LengthPrefixed.u32be({ maxFrameLength: null }).decoder()
    const sizes = allocations(() => {
      decoder.push(bytes(255, 255, 255))
      decoder.push(bytes(255, 1, 2, 3))
    })
    assert.isAtMost(Math.max(...sizes), 64)
    assert.strictEqual(decoder.pendingBytes, 7)
  })

  it("P3 a discarded frame takes no memory, however long", () => {
    const decoder = LengthPrefixed.u32be({ maxFrameLength: 100, onTooLong: "discard" }).decoder()
    const chunk = new Uint8Array(65_536)
    assert.strictEqual(decoder.push(bytes(0, 16, 0, 0)).length, 1)
    const sizes = allocations(() => {
      for (let sent = 0; sent < 2 ** 20; sent += chunk.length) assert.deepStrictEqual(decoder.push(chunk), [])
    })
    assert.deepStrictEqual([sizes, decoder.pendingBytes, decoder.position], [[], 0, 2 ** 20 + 4])
    assert.deepStrictEqual(shownAll(decoder.push(bytes(0, 0, 0, 1, 7))), ["bytes 07"])
  })
})

/** The sizes of the new memory that `work` asks for. */
const allocations = (work: () => void): ReadonlyArray<number> => {
  const original = globalThis.Uint8Array
  const sizes: Array<number> = []
  globalThis.Uint8Array = new Proxy(original, {
    construct: (target, given: ReadonlyArray<unknown>) => {
      if (typeof given[0] === "number") sizes.push(given[0])
      return Reflect.construct(target, given)
    }
  })
  try {
    work()
  } finally {
    globalThis.Uint8Array = original
  }
  return sizes
}

describe("work and ownership", () => {
  const megabytes = 64
  const size = megabytes * 2 ** 20

  it(`FF-32 P7 P13 ${megabytes} MiB in 1 KiB chunks: copied once, but for the first quarter`, () => {
    const decoder = LengthPrefixed.u32be({ maxFrameLength: null }).decoder()
    const chunk = new Uint8Array(65_536).fill(7)
    let frame: Item | undefined
    const copied = bytesCopied(() => {
      decoder.push(fieldOf(BigInt(size), { endian: "big", lengthFieldLength: 4 }))
      for (let sent = 0; sent < size; sent += 1024)
        frame = decoder.push(chunk.subarray(sent % 65_536).subarray(0, 1024))[0]
    })
    assert.isAtMost(copied, size * 1.26)
    assert.isTrue(frame instanceof Uint8Array && frame.length === size && frame[0] === 7 && frame[size - 1] === 7)
  })

  it("FF-32 P7 P13 4 MiB in 64 KiB chunks: copied once", () => {
    const decoder = LengthPrefixed.u32be().decoder()
    const copied = bytesCopied(() => {
      decoder.push(bytes(0, 64, 0, 0))
      for (let sent = 0; sent < 64; sent++) decoder.push(new Uint8Array(65_536))
    })
    assert.isAtMost(copied, 4 * 2 ** 20 + 4)
  })

  it("FF-32 P7 one byte at a time: the work for a frame is in proportion to its length", () => {
    const pushes = (length: number): number => {
      const decoder = LengthPrefixed.u32be().decoder()
      const byte = bytes(7)
      decoder.push(fieldOf(BigInt(length), { endian: "big", lengthFieldLength: 4 }))
      return bytesCopied(() => {
        for (let sent = 0; sent < length; sent++) decoder.push(byte)
      })
    }
    // What is copied besides single bytes: the first quarter, and what the block then had room for, into the block for all of it.
    for (const length of [200_000, 400_000, 800_000]) assert.isAtMost(pushes(length), length / 4 + 65_536)
  })

  it("P13 a frame whose header came before it is a view of the chunk that holds the rest", () => {
    const decoder = LengthPrefixed.u16be().decoder()
    const chunk = bytes(97, 98, 99, 0)
    decoder.push(bytes(0, 3))
    const [frame] = decoder.push(chunk)
    assert.isTrue(frame instanceof Uint8Array && frame.buffer === chunk.buffer && frame.byteOffset === 0)
    assert.deepStrictEqual([decoder.position, decoder.pendingBytes], [5, 1])
  })

  it("P9 a frame that spans chunks is not changed by what follows", () => {
    const decoder = LengthPrefixed.u8().decoder()
    decoder.push(bytes(40, 1))
    const [frame] = decoder.push(new Uint8Array(39).fill(1))
    decoder.push(bytes(40, 2))
    decoder.push(new Uint8Array(20).fill(2))
    assert.isTrue(frame instanceof Uint8Array && frame.length === 40 && frame.every((byte) => byte === 1))
  })
})
