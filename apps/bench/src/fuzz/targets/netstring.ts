import * as Netstring from "@tidegate/codec/Netstring"
import { content, maxima, partialEof, target, tooLong } from "../Batch.ts"

const telling = Array.from("00112459:::,,", (one) => one.charCodeAt(0))

export const netstring = target({
  name: "netstring",
  options: (random) => ({
    maxLength: random.of(maxima),
    onTooLong: random.of(tooLong),
    onPartialEof: random.of(partialEof)
  }),
  codec: (options) => Netstring.tryMake(options),
  bound: ({ maxLength }) => (maxLength ?? Number.POSITIVE_INFINITY) + 17,
  telling: () => telling,
  frame: (random) => content(random, telling, random.small(40))
})
