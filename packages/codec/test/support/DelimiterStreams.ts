/** Random sets of delimiters, streams made of their bytes, and all options crossed. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import type { Decoder, Encoder } from "../../src/Codec.ts"
import * as Delimiter from "../../src/Delimiter.ts"
import { concat, type Item, utf8 } from "./Bytes.ts"
import { canAllWin, type DelimiterCase, optionsOf } from "./DelimiterReference.ts"
import { oneOf } from "./Streams.ts"

const [a, b, c] = [97, 98, 99]

// Few bytes, so that delimiters overlap each other, themselves and what comes before them.
const delimiter = Arbitrary.array(oneOf([a, b, b]), { minLength: 1, maxLength: 4 }).pipe(
  Arbitrary.map((bytes) => Uint8Array.from(bytes))
)

/** Sets that real protocols have, and sets with every way to overlap. */
export const knownSets: ReadonlyArray<ReadonlyArray<Uint8Array>> = [
  ["b"],
  ["bb"],
  ["ab"],
  ["aab"],
  ["abab"],
  ["b", "ab"],
  ["b", "ab", "aab"],
  ["bb", "aa"],
  ["ab", "ba"],
  ["aab", "bb"],
  ["abba", "bbb"],
  ["abb", "baa", "bab"],
  ["b", "ca"],
  ["a", "b", "c"]
].map((set) => set.map(utf8))

/** Of random delimiters those that can win beside the ones before them. */
const randomSet = Arbitrary.array(delimiter, { minLength: 1, maxLength: 3 }).pipe(
  Arbitrary.map((tried) => {
    const set: Array<Uint8Array> = []
    for (const more of tried) {
      if (canAllWin(set.concat(more))) set.push(more)
    }
    return set
  })
)

const delimiters = Arbitrary.all({
  random: randomSet,
  known: oneOf(knownSets.map((_, index) => index)),
  isKnown: Arbitrary.schema(Schema.Boolean)
}).pipe(Arbitrary.map(({ isKnown, known, random }) => (isKnown ? (knownSets[known] ?? []) : random)))

export const delimiterCase: Arbitrary.Arbitrary<DelimiterCase> = Arbitrary.all({
  delimiters,
  maxLength: oneOf([1, 2, 3, 4, 6, 10, 20, Number.POSITIVE_INFINITY]),
  stripTerminator: Arbitrary.schema(Schema.Boolean),
  onTooLong: Arbitrary.schema(Schema.Literals(["discard", "fatal"])),
  failFast: Arbitrary.schema(Schema.Boolean),
  onPartialEof: Arbitrary.schema(Schema.Literals(["error", "drop", "emit"]))
})

const bytesOf = (alphabet: ReadonlyArray<number>, maxLength: number): Arbitrary.Arbitrary<Uint8Array> =>
  Arbitrary.array(oneOf(alphabet), { maxLength }).pipe(Arbitrary.map((bytes) => Uint8Array.from(bytes)))

export const delimiterStream = bytesOf([a, a, b, b, c], 40)

/** Content of a frame: mostly no delimiter inside. */
export const delimiterContent = bytesOf([a, a, b, c, c, c], 12)

/** Every combination of the options, for each of the sets and maxima. */
export const allCases = (
  sets: ReadonlyArray<ReadonlyArray<Uint8Array>>,
  maxima: ReadonlyArray<number>
): ReadonlyArray<DelimiterCase> =>
  sets.flatMap((set) =>
    maxima.flatMap((maxLength) =>
      [true, false].flatMap((stripTerminator) =>
        (["discard", "fatal"] as const).flatMap((onTooLong) =>
          [true, false].flatMap((failFast) =>
            (["error", "drop", "emit"] as const).map((onPartialEof) => ({
              delimiters: set,
              maxLength,
              stripTerminator,
              onTooLong,
              failFast,
              onPartialEof
            }))
          )
        )
      )
    )
  )

export const decoderOfCase = (given: DelimiterCase): Decoder<Item> => Delimiter.make(optionsOf(given)).decoder()

export const encoderOfCase = (given: DelimiterCase): Encoder<Item> => {
  const encoder: Encoder<never> = Delimiter.make(optionsOf(given)).encoder()
  // It is only ever given bytes: that is what its decoder gives.
  return encoder as Encoder<Item>
}

/** A frame for the encoder: content, with a delimiter where the encoder adds none. */
export const frameOfCase = (content: Uint8Array, { delimiters, stripTerminator }: DelimiterCase): Uint8Array =>
  stripTerminator ? content : concat([content, delimiters[content.length % delimiters.length] ?? content])
