import * as Line from "@tidegate/codec/Line"
import { content, flags, maxima, partialEof, target, tooLong } from "../Batch.ts"

export const telling = [10, 10, 13, 13, 97, 98, 0xc3, 0xa9, 0xff, 0]

export const line = target({
  name: "line",
  options: (random) => ({
    maxLength: random.of(maxima),
    stripTerminator: random.of(flags),
    carriageReturn: random.of(["strip", "keep"]),
    terminator: random.of(["\n", "\r\n"]),
    onTooLong: random.of(tooLong),
    failFast: random.of(flags),
    onPartialEof: random.of(partialEof)
  }),
  codec: (options) => Line.tryMake(options),
  // A CR that may begin the terminator is held besides.
  bound: ({ maxLength }) => (maxLength ?? Number.POSITIVE_INFINITY) + 1,
  telling: () => telling,
  frame: (random, { stripTerminator }) => {
    const bytes = content(random, [13, 97, 98], random.small(40))
    return stripTerminator ? bytes : Buffer.concat([bytes, Buffer.from(random.of(["\n", "\r\n"]))])
  }
})

export const textLine = target({
  name: "line of text",
  options: (random) => ({
    encoding: "utf8" as const,
    maxLength: random.of(maxima),
    stripTerminator: random.of(flags),
    carriageReturn: random.of(["strip", "keep"]),
    onTooLong: random.of(tooLong),
    failFast: random.of(flags),
    onPartialEof: random.of(partialEof)
  }),
  codec: (options) => Line.tryMake(options),
  bound: ({ maxLength }) => (maxLength ?? Number.POSITIVE_INFINITY) + 1,
  telling: () => [...telling, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x80, 0xf4, 0xbf, 0xef, 0xbb, 0xbf],
  frame: (random, { stripTerminator }) => {
    const text = Array.from({ length: random.small(20) }, () =>
      random.of(["a", "é", "€", "😀", "\ufeff", "\ufffd", "\r"])
    )
    return text.join("") + (stripTerminator ? "" : "\n")
  }
})
