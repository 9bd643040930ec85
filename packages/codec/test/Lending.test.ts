import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import type { Codec, Decoder } from "../src/Codec.ts"
import * as Delimiter from "../src/Delimiter.ts"
import * as FixedLength from "../src/FixedLength.ts"
import { isFrameError } from "../src/FrameError.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Line from "../src/Line.ts"
import * as MappedCodec from "../src/MappedCodec.ts"
import * as Netstring from "../src/Netstring.ts"
import * as Raw from "../src/Raw.ts"
import * as Varint from "../src/Varint.ts"
import { concat, type Item, sameBytes, shown, utf8 } from "./support/Bytes.ts"
import { bytesCopied } from "./support/BytesCopied.ts"
import { lendingLaw } from "./support/LendingLaws.ts"
import { oneOf, stream } from "./support/Streams.ts"

const noLimit = null
/** From here on a frame is large. */
const large = 8192
const read = 65_536

const filled = (size: number, text: string): Uint8Array => new Uint8Array(size).fill(text.charCodeAt(0))

/** Letters that differ from place to place, so that what is moved, lost or doubled shows. */
const letters = (size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at++) bytes[at] = 97 + ((at * 7 + (at >> 8) * 3 + size) % 26)
  return bytes
}

lendingLaw<{ readonly maxLength: number }, Item>({
  name: "raw",
  given: Arbitrary.all({ settings: Arbitrary.all({ maxLength: oneOf([1, 3, 30, Number.POSITIVE_INFINITY]) }), stream }),
  decoder: (settings) => Raw.make(settings).decoder(),
  shown
})

/** A codec, a frame of it with some letters in it, and whether an item is that frame. */
interface Large<Frame> {
  readonly name: string
  readonly codec: Codec<Frame>
  readonly frameOf: (size: number) => Frame
  readonly isSame: (item: unknown, frame: Frame) => boolean
}

const ofBytes = (name: string, codec: Codec<Uint8Array>, frameOf = letters): Large<Uint8Array> => ({
  name,
  codec,
  frameOf,
  isSame: (item, frame) => item instanceof Uint8Array && sameBytes(item, frame) && item.buffer !== memory.buffer
})

const ofText = (name: string, codec: Codec<string>): Large<string> => ({
  name,
  codec,
  frameOf: (size) => textOf(letters(size)),
  isSame: (item, frame) => item === frame
})

/** What a run is made of: the frames, the reads, how many frames are taken of each read before its memory is read into again. */
const random = {
  sizes: Arbitrary.array(oneOf([0, 1, 100, 8190, 8192, 8193, 30_000, 65_530, 90_000]), { minLength: 2, maxLength: 7 }),
  cut: Arbitrary.array(oneOf([read, read, read, 9000, 8193, 700]), { minLength: 1, maxLength: 8 }),
  takes: Arbitrary.array(oneOf([0, 1, 1000, 1000, 1000]), { minLength: 1, maxLength: 5 })
}

interface Run {
  readonly sizes: ReadonlyArray<number>
  readonly cut: ReadonlyArray<number>
  readonly takes: ReadonlyArray<number>
}

const memory = new Uint8Array(read)

const sizeOf = (item: unknown): number =>
  typeof item === "string" || item instanceof Uint8Array ? item.length : Number.NaN

/** Everything that a stream gives that is read into one memory, and lent where it is taken. */
const readAll = (decoder: Decoder<unknown>, stream: Uint8Array, { cut, takes }: Run): ReadonlyArray<unknown> => {
  const found: Array<unknown> = []
  const take = (count: number): boolean => {
    for (let taken = 0; taken < count; taken++) {
      const item = decoder.next()
      if (item === undefined) return true
      found.push(item)
    }
    return false
  }
  let isExhausted = true
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const size = Math.min(cut[turn % cut.length] ?? 1, stream.length - at)
    memory.set(stream.subarray(at, at + size))
    at += size
    const lent = decoder.lend?.(memory.subarray(0, size)) === true
    // Taken where it is worth it, and nowhere else.
    const isLarge = decoder.pendingBytes - (lent ? size : 0) >= large || sizeOf(found.at(-1)) >= large
    if (isExhausted || !isLarge) assert.strictEqual(lent, isLarge)
    if (!lent) decoder.feed(memory.slice(0, size))
    isExhausted = take(takes[turn % takes.length] ?? 1)
    decoder.settle?.()
    memory.fill(10)
    if (turn % 2 === 0) isExhausted = take(1000)
  }
  take(1000)
  found.push(...decoder.end())
  return found
}

const encoded = <Frame>(codec: Codec<Frame>, frames: ReadonlyArray<Frame>): Uint8Array => {
  const pieces = codec.encoder().encodeAll(frames)
  if (isFrameError(pieces)) throw pieces
  return concat(pieces)
}

/** A decoder as an object of its own, of which parts can be left out. */
const methodsOf = <Frame>(decoder: Decoder<Frame>): Decoder<Frame> => ({
  feed: (chunk) => decoder.feed(chunk),
  lend: (chunk) => decoder.lend?.(chunk) === true,
  settle: () => decoder.settle?.(),
  next: () => decoder.next(),
  push: (chunk) => decoder.push(chunk),
  end: () => decoder.end(),
  peek: (count) => decoder.peek(count),
  detach: () => decoder.detach(),
  setMaxLength: (bytes) => decoder.setMaxLength(bytes),
  get pendingBytes() {
    return decoder.pendingBytes
  },
  get inFrame() {
    return decoder.inFrame
  },
  get position() {
    return decoder.position
  },
  get lastPosition() {
    return decoder.lastPosition
  },
  get closed() {
    return decoder.closed
  }
})

const textOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")

const staysAsItIs = <Frame>({ codec, frameOf, isSame, name }: Large<Frame>): void =>
  it.prop(
    `P1 P9 FF-33 ${name}: nothing changes when their memory is read into again`,
    random,
    (run) => {
      const frames = run.sizes.map(frameOf)
      const found = readAll(codec.decoder(), encoded(codec, frames), run)
      assert.strictEqual(found.length, frames.length)
      for (const [index, frame] of frames.entries()) assert.isTrue(isSame(found[index], frame), `frame ${index}`)
    },
    { arbitrary: { runs: 30 } }
  )

describe("large frames of lent chunks", () => {
  staysAsItIs(ofBytes("line", Line.make({ maxLength: noLimit })))
  staysAsItIs(
    ofBytes("whole lines", Line.make({ maxLength: noLimit, stripTerminator: false }), (size) =>
      concat([letters(size), utf8("\n")])
    )
  )
  staysAsItIs(ofBytes("delimiter", Delimiter.make({ delimiters: ["\r\n", ";", "--"], maxLength: noLimit })))
  staysAsItIs(ofBytes("fixed", FixedLength.make({ length: 30_000 }), (size) => letters(30_000).fill(size % 251, 9)))
  staysAsItIs(ofBytes("u32be", LengthPrefixed.u32be({ maxFrameLength: noLimit })))
  staysAsItIs(ofBytes("varint", Varint.make({ maxFrameLength: noLimit })))
  staysAsItIs(ofBytes("netstring", Netstring.make({ maxLength: noLimit })))
  staysAsItIs(ofText("lines of text", Line.make({ maxLength: noLimit, encoding: "utf8" })))
  staysAsItIs(ofText("u32be as text", MappedCodec.text(LengthPrefixed.u32be({ maxFrameLength: noLimit }))))

  it("P9 what a decoder has found further on still stands there when the loan ends", () => {
    const decoder = Delimiter.make({ delimiters: [";", "--"] }).decoder()
    decoder.push(concat([letters(large), utf8(";")]))
    const chunk = utf8(`${"a".repeat(16)};${"b".repeat(10)};${"c".repeat(30)}--d`)
    assert.isTrue(decoder.lend?.(chunk))
    assert.strictEqual(shown(decoder.next() ?? ""), shown(filled(16, "a")))
    decoder.settle?.()
    chunk.fill(0)
    assert.strictEqual(shown(decoder.next() ?? ""), shown(filled(10, "b")))
    assert.strictEqual(shown(decoder.next() ?? ""), shown(filled(30, "c")))
    assert.strictEqual(decoder.next(), undefined)
    assert.strictEqual(decoder.pendingBytes, 1)
  })

  it("FF-33 a frame of a lent chunk has memory of its size", () => {
    const decoder = Line.make().decoder()
    decoder.push(concat([letters(large), utf8("\n")]))
    const chunk = utf8("short\nrest")
    assert.isTrue(decoder.lend?.(chunk))
    const frame = decoder.next()
    assert.strictEqual(frame instanceof Uint8Array ? frame.buffer.byteLength : frame, 5)
  })

  it("P13 what was left when the loan ended is copied once, and its frames are views of that", () => {
    const decoder = Line.make().decoder()
    decoder.push(concat([letters(large), utf8("\n")]))
    const chunk = utf8("one\ntwo\nthree\n")
    assert.isTrue(decoder.lend?.(chunk))
    const frames = [decoder.next()]
    decoder.settle?.()
    frames.push(decoder.next(), decoder.next())
    const [one, two, three] = frames.map((frame) => (frame instanceof Uint8Array ? frame.buffer : frame))
    assert.strictEqual(two, three)
    assert.notStrictEqual(one, two)
    assert.notStrictEqual(two, chunk.buffer)
  })

  it("a decoder that cannot borrow takes no loan, and what is made of it neither", () => {
    const inner = Line.make({ maxLength: noLimit })
    const { lend, settle, ...only } = methodsOf(inner.decoder())
    assert.isTrue(lend !== undefined && settle !== undefined)
    const decoder = MappedCodec.text({ ...inner, decoder: () => only }).decoder()
    assert.deepStrictEqual(decoder.push(concat([letters(large), utf8("\n")])), [textOf(letters(large))])
    const chunk = utf8("next\n")
    assert.isFalse(decoder.lend?.(chunk))
    decoder.settle?.()
    assert.deepStrictEqual(decoder.push(chunk), ["next"])
  })

  /** How many bytes are copied of a stream whose reads are all lent, but for those that are not taken. */
  const copiedOf = (decoder: Decoder<Uint8Array>, wire: Uint8Array): number =>
    bytesCopied(() => {
      for (let at = 0; at < wire.length; at += read) {
        const chunk = wire.subarray(at, at + read)
        if (decoder.lend?.(chunk) !== true) decoder.feed(chunk)
        while (decoder.next() !== undefined);
        decoder.settle?.()
      }
    })

  it("P13 a byte is copied twice at most, and once, but for a quarter of them, where the length is known or as it was before", () => {
    const size = 64 * read
    const prefixed = LengthPrefixed.u32be()
    assert.isAtMost(copiedOf(prefixed.decoder(), encoded(prefixed, [letters(size)])), 1.26 * size)
    const line = concat([letters(size - 1), utf8("\n")])
    for (const decoder of [Line.make({ maxLength: noLimit }).decoder(), FixedLength.make({ length: size }).decoder()]) {
      assert.isAtMost(copiedOf(decoder, line), 2.01 * size)
      assert.isAtMost(copiedOf(decoder, line), 1.26 * size)
    }
  })
})
