import * as Delimiter from "@tidegate/codec/Delimiter"
import { content, flags, maxima, partialEof, target, tooLong } from "../Batch.ts"
import type { Random } from "../Random.ts"

const sets: ReadonlyArray<ReadonlyArray<string>> = [
  ["\n"],
  ["\r\n", "\n"],
  ["\r\n\r\n"],
  ["\0"],
  ["aab", "ab", "b"],
  ["abab", "cc"],
  ["aaa"],
  ["é", "€"],
  ["ab", "ba", "cc"],
  ["abcabd", "bcx"]
]

/** Few letters, so that delimiters overlap themselves and each other. */
const drawn = (random: Random): ReadonlyArray<string> =>
  Array.from({ length: 1 + random.below(4) }, () =>
    Array.from({ length: 1 + random.small(6) }, () => random.of(["a", "b", "c"])).join("")
  )

const bytesOf = ({ delimiters }: { readonly delimiters: ReadonlyArray<string> }): Buffer =>
  Buffer.from(delimiters.join(""))

export const delimiter = target({
  name: "delimiter",
  options: (random) => ({
    delimiters: random.oneIn(2) ? random.of(sets) : drawn(random),
    maxLength: random.of(maxima),
    stripTerminator: random.of(flags),
    onTooLong: random.of(tooLong),
    failFast: random.of(flags),
    onPartialEof: random.of(partialEof)
  }),
  codec: (options) => Delimiter.tryMake(options),
  bound: ({ delimiters, maxLength }) =>
    (maxLength ?? Number.POSITIVE_INFINITY) + Math.max(...delimiters.map((one) => Buffer.byteLength(one))) - 1,
  telling: (options) => [...bytesOf(options)],
  frame: (random, options) => {
    const bytes = content(random, [...bytesOf(options)], random.small(30))
    return options.stripTerminator ? bytes : Buffer.concat([bytes, Buffer.from(random.of(options.delimiters))])
  }
})
