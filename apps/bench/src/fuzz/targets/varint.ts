import * as Varint from "@tidegate/codec/Varint"
import { content, maxima, partialEof, target, tooLong } from "../Batch.ts"

const telling = [0, 1, 2, 5, 20, 127, 128, 129, 255]
const longestVarint = 10

export const varint = target({
  name: "varint",
  options: (random) => ({
    maxFrameLength: random.of([...maxima, 200]),
    maxAppliesTo: random.of(["frame", "field"] as const),
    onTooLong: random.of(tooLong),
    onPartialEof: random.of(partialEof)
  }),
  codec: (options) => Varint.tryMake(options),
  bound: ({ maxAppliesTo, maxFrameLength }) => {
    const max = maxFrameLength ?? Number.POSITIVE_INFINITY
    return Math.max(longestVarint, maxAppliesTo === "frame" ? max : max + longestVarint) - 1
  },
  telling: () => telling,
  frame: (random) => content(random, telling, random.small(60))
})
