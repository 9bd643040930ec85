/** Random streams, cuts and options, and decoders driven with them. */

import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import type { Decoder, Encoder } from "../../src/Codec.ts"
import type { LineSettings } from "../../src/internal/LineSettings.ts"
import * as Line from "../../src/Line.ts"
import { type Item, shown } from "./Bytes.ts"

// The only thing taken from Node, so that more runs can be asked for from outside.
const { process } = globalThis as { readonly process?: { readonly env: Readonly<Record<string, string | undefined>> } }
const factor = Number(process?.env["TIDEGATE_CODEC_RUNS"] ?? 1)

/** Options for a property: at least 10,000 random streams, times `TIDEGATE_CODEC_RUNS`. */
export const manyRuns = { timeout: 20_000 * factor, arbitrary: { runs: 10_000 * factor, size: 32 } }

/** Options for a property that every codec has besides: a quarter of the streams, as it is run in each of their files. */
export const lawRuns = { timeout: 20_000 * factor, arbitrary: { runs: 2_500 * factor, size: 32 } }

/** Options for a property of a small helper. */
export const someRuns = { timeout: 20_000 * factor, arbitrary: { runs: 2_000 * factor, size: 32 } }

/** One of a few numbers. */
export const oneOf = <const Values extends ReadonlyArray<number>>(values: Values) =>
  Arbitrary.schema(Schema.Literals(values.map((_, index) => index))).pipe(Arbitrary.map((index) => values[index] ?? 0))

// Terminators, their halves, text of one to four bytes in pieces, bytes that are never text, and NUL.
const alphabet = [10, 10, 10, 13, 13, 97, 97, 98, 0xc3, 0xa9, 0xf0, 0x9f, 0x90, 0x8a, 0xed, 0xff, 0xef, 0xbb, 0xbf, 0]

export const stream = Arbitrary.array(oneOf(alphabet), { maxLength: 80 }).pipe(
  Arbitrary.map((bytes) => Uint8Array.from(bytes))
)

/** Bytes of a frame: mostly content, some of it terminators. */
export const content = Arbitrary.array(oneOf([...alphabet.slice(2), 99, 100, 101, 102]), { maxLength: 30 }).pipe(
  Arbitrary.map((bytes) => Uint8Array.from(bytes))
)

/** Sizes of successive chunks, used over and over; a 0 is an empty chunk. */
export const cut = Arbitrary.array(oneOf([0, 1, 1, 2, 3, 4, 7, 12, 40]), { maxLength: 10 })

export const settings: Arbitrary.Arbitrary<LineSettings> = Arbitrary.all({
  maxLength: oneOf([1, 2, 3, 4, 6, 10, 20, Number.POSITIVE_INFINITY]),
  stripTerminator: Arbitrary.schema(Schema.Boolean),
  carriageReturn: Arbitrary.schema(Schema.Literals(["strip", "keep"])),
  crLf: Arbitrary.schema(Schema.Boolean),
  encoding: Arbitrary.schema(Schema.Literals(["bytes", "utf8"])),
  onTooLong: Arbitrary.schema(Schema.Literals(["discard", "fatal"])),
  failFast: Arbitrary.schema(Schema.Boolean),
  onPartialEof: Arbitrary.schema(Schema.Literals(["error", "drop", "emit"]))
}).pipe(
  Arbitrary.map(({ crLf, ...rest }) => ({
    ...rest,
    terminator: crLf && rest.stripTerminator && rest.carriageReturn === "strip" ? "\r\n" : "\n"
  }))
)

/** Every combination of the options that decoding depends on, `maxLength` apart. */
export const allSettings = (maxLength: number): ReadonlyArray<LineSettings> =>
  [true, false].flatMap((stripTerminator) =>
    (["strip", "keep"] as const).flatMap((carriageReturn) =>
      (["bytes", "utf8"] as const).flatMap((encoding) =>
        (["discard", "fatal"] as const).flatMap((onTooLong) =>
          [true, false].flatMap((failFast) =>
            (["error", "drop", "emit"] as const).map(
              (onPartialEof): LineSettings => ({
                maxLength,
                stripTerminator,
                carriageReturn,
                terminator: "\n",
                encoding,
                onTooLong,
                failFast,
                onPartialEof
              })
            )
          )
        )
      )
    )
  )

/** Cuts a stream into chunks that share no memory with each other, every second one with bytes around it. */
export const chunksOf = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  const usable = sizes.some((size) => size > 0) ? sizes : [bytes.length]
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const size = usable[turn % usable.length] ?? 1
    const part = bytes.subarray(from, from + size)
    chunks.push(turn % 2 === 0 ? part.slice() : amongOthers(part))
    from += size
  }
  return chunks
}

const amongOthers = (part: Uint8Array): Uint8Array => {
  const memory = new Uint8Array(part.length + 2).fill(10)
  memory.set(part, 1)
  return memory.subarray(1, 1 + part.length)
}

export const decoderOf = (options: LineSettings): Decoder<Item> => {
  const codec: { readonly decoder: () => Decoder<Item> } = Line.make(options)
  return codec.decoder()
}

export const encoderOf = (options: LineSettings): Encoder<Item> => {
  const codec: { readonly encoder: () => Encoder<never> } = Line.make(options)
  // An encoder of text is only ever given text: that is what its decoder gives.
  return codec.encoder() as Encoder<Item>
}

/** Everything that the chunks and EOF give. */
export const decoded = (decoder: Decoder<Item>, chunks: ReadonlyArray<Uint8Array>): ReadonlyArray<Item> => {
  const found: Array<Item> = []
  for (const chunk of chunks) found.push(...decoder.push(chunk))
  found.push(...decoder.end())
  return found
}

export const shownAll = (items: ReadonlyArray<Item>): ReadonlyArray<string> => items.map(shown)
