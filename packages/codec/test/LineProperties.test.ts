import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import { type FrameError, isFrameError } from "../src/FrameError.ts"
import { LineDecoder } from "../src/internal/LineDecoder.ts"
import type { LineSettings } from "../src/internal/LineSettings.ts"
import * as Line from "../src/Line.ts"
import { concat, hex, shown, textOf } from "./support/Bytes.ts"
import { laws } from "./support/Laws.ts"
import { linePieces, reference } from "./support/Reference.ts"
import {
  allSettings,
  chunksOf,
  content,
  cut,
  decoded,
  decoderOf,
  encoderOf,
  manyRuns,
  settings,
  shownAll,
  stream
} from "./support/Streams.ts"

const oneByteEach = [1]

laws<LineSettings>({
  name: "line",
  given: Arbitrary.all({ settings, stream }),
  decoder: decoderOf,
  encoder: encoderOf,
  verbatim: (given) => Line.make(given).verbatim,
  pieces: linePieces,
  maxOf: ({ maxLength }) => maxLength,
  bound: (_, max) => max + 1,
  frameOf: (bytes, { encoding }) => (encoding === "utf8" ? textOf(bytes) : bytes),
  content
})

describe("the naive decoder agrees", () => {
  it("P1 for every short stream, every cut and all options crossed", () => {
    const bytes = [97, 10, 13]
    const streams = (length: number): ReadonlyArray<ReadonlyArray<number>> =>
      length === 0 ? [[]] : streams(length - 1).flatMap((shorter) => bytes.map((byte) => [...shorter, byte]))
    let compared = 0
    for (const options of [1, 2].flatMap(allSettings)) {
      for (const given of [1, 2, 3, 4].flatMap(streams).map((numbers) => Uint8Array.from(numbers))) {
        const expected = reference(given, true, options).join()
        for (let cuts = 0; cuts < 2 ** (given.length - 1); cuts++) {
          const found = decoded(decoderOf(options), everyCut(given, cuts))
          if (shownAll(found).join() !== expected) {
            assert.fail(
              `${hex(given)}, cuts ${cuts.toString(2)}, ${JSON.stringify(options)}: ${shownAll(found)}, not ${expected}`
            )
          }
          compared++
        }
      }
    }
    assert.strictEqual(compared, 2 * 96 * (3 + 9 * 2 + 27 * 4 + 81 * 8))
  })
})

/** The bits of `cuts` say after which bytes to cut. */
const everyCut = (bytes: Uint8Array, cuts: number): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let from = 0
  for (let at = 1; at <= bytes.length; at++) {
    if (at === bytes.length || (cuts >> (at - 1)) % 2 === 1) {
      chunks.push(bytes.slice(from, at))
      from = at
    }
  }
  return chunks
}

describe("accounting", () => {
  it.prop(
    "P2 every byte is in one frame, one terminator, one discarded line or pending",
    { stream, cut, settings },
    (given) => {
      const options: LineSettings = {
        ...given.settings,
        stripTerminator: false,
        carriageReturn: "keep",
        terminator: "\n",
        encoding: "bytes",
        onTooLong: "discard",
        failFast: false
      }
      const decoder = decoderOf(options)
      const found = chunksOf(given.stream, given.cut).flatMap((chunk) => [...decoder.push(chunk)])
      let position = 0
      for (const item of found) {
        if (isFrameError(item)) {
          const size = item.size ?? 0
          assert.strictEqual(item.position, position)
          assert.strictEqual(given.stream[position + size], 10)
          position += size + 1
        } else {
          assert.strictEqual(shown(item), `bytes ${hex(given.stream.slice(position, position + item.length))}`)
          position += item.length
        }
      }
      const rest = given.stream.slice(position)
      assert.isFalse(rest.includes(10))
      assert.strictEqual(decoder.pendingBytes, rest.length > options.maxLength ? 0 : rest.length)
    },
    manyRuns
  )

  it.prop(
    "P4 one error for each line over the limit, never two, never none",
    { stream, cut, settings },
    (given) => {
      const options: LineSettings = {
        ...given.settings,
        carriageReturn: "keep",
        terminator: "\n",
        onTooLong: "discard"
      }
      const tooLong = splitAtLineFeeds(given.stream).filter((line) => line.length > options.maxLength)
      const found = decoded(decoderOf(options), chunksOf(given.stream, given.cut)).filter(isFrameError)
      const reported = found.filter((error) => error.kind === "frame_too_long")
      assert.strictEqual(reported.length, tooLong.length)
      assert.strictEqual(new Set(reported.map((error) => error.position)).size, tooLong.length)
    },
    manyRuns
  )
})

const splitAtLineFeeds = (bytes: Uint8Array): ReadonlyArray<string> =>
  Array.from(bytes, (byte) => String.fromCharCode(byte))
    .join("")
    .split("\n")

describe("encoding", () => {
  it.prop(
    "P6 decode ∘ encode = identity for what the encoder takes, and it takes whatever survives",
    { frame: content, next: content, cut, settings },
    (given) => {
      const options = given.settings
      const frame = options.encoding === "utf8" ? textOf(given.frame) : given.frame
      if (frame === undefined) return
      const wire = concat([
        given.frame,
        Uint8Array.from(options.stripTerminator ? options.terminator : "", (c) => c.charCodeAt(0))
      ])
      // With more data behind it: that EOF would end it does not make a frame.
      const survives = reference(concat([wire, Uint8Array.of(98)]), false, options).join() === shown(frame)
      const encoded = encode(frame, options)
      assert.strictEqual(!isFrameError(encoded), survives, shown(encoded))
      if (isFrameError(encoded)) return
      assert.strictEqual(hex(encoded), hex(wire))
      const twice = chunksOf(concat([encoded, encoded]), given.cut)
      assert.deepStrictEqual(shownAll(decoded(decoderOf(options), twice)), [shown(frame), shown(frame)])
    },
    manyRuns
  )
})

const encode = (frame: Uint8Array | string, options: LineSettings): Uint8Array | FrameError =>
  typeof frame === "string"
    ? Line.make({ ...options, encoding: "utf8" })
        .encoder()
        .encode(frame)
    : Line.make({ ...options, encoding: "bytes" })
        .encoder()
        .encode(frame)

describe("work and ownership", () => {
  it.prop(
    "P7 FF-32 every byte is searched once, one byte at a time included",
    { stream, cut, settings },
    (given) => {
      for (const sizes of [oneByteEach, given.cut]) {
        const decoder = new CountingDecoder(given.settings)
        decoded(decoder, chunksOf(given.stream, sizes))
        if (given.settings.onTooLong === "discard") assert.strictEqual(decoder.searched, given.stream.length)
        else assert.isAtMost(decoder.searched, given.stream.length)
      }
    },
    manyRuns
  )

  it("P7 FF-32 4 MiB without LF in chunks of 1 KiB, and 64 KiB in chunks of one byte, are searched once", () => {
    for (const [size, total] of [
      [1024, 4 * 1024 * 1024],
      [1, 65_536]
    ] as const) {
      const decoder = new CountingDecoder({ ...unlimited, maxLength: total })
      const chunk = new Uint8Array(size).fill(97)
      for (let sent = 0; sent < total; sent += size) decoder.push(chunk)
      const [line] = decoder.push(Uint8Array.of(10))
      assert.strictEqual(line instanceof Uint8Array ? line.length : line, total)
      assert.strictEqual(decoder.searched, total + 1)
    }
  })
})

const [unlimited] = allSettings(Number.POSITIVE_INFINITY) as readonly [LineSettings]

/** Counts how many bytes its search looks at. */
class CountingDecoder extends LineDecoder<Uint8Array> {
  searched = 0

  constructor(options: LineSettings) {
    super(options, (line) => line)
  }

  protected override indexOf(byte: number, from: number = this.at): number {
    const found = super.indexOf(byte, from)
    this.searched += (found === -1 ? this.chunk.length : found + 1) - from
    return found
  }
}
