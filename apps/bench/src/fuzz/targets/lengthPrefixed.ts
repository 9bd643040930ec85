import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
import { content, maxima, partialEof, target, tooLong } from "../Batch.ts"
import type { Random } from "../Random.ts"

const applies = ["frame", "field"] as const

/** The shapes of protocols, and any other. */
const fieldOf = (random: Random) => {
  const lengthFieldOffset = random.small(6)
  const lengthFieldLength = 1 + random.below(8)
  const header = lengthFieldOffset + lengthFieldLength
  return {
    lengthFieldOffset,
    lengthFieldLength,
    lengthAdjustment: random.of([0, 0, -header, -lengthFieldLength, 2, random.small(8) - random.small(8)]),
    initialBytesToStrip: random.of([0, header, header, random.small(12)])
  }
}

const telling = [0, 0, 0, 1, 2, 3, 5, 8, 16, 40, 127, 128, 255]

export const lengthPrefixed = target({
  name: "length-prefixed",
  options: (random) => ({
    ...fieldOf(random),
    endian: random.of(["big", "little"]),
    maxFrameLength: random.of([...maxima, 200, 10_000, Number.MAX_SAFE_INTEGER]),
    maxAppliesTo: random.of(applies),
    onTooLong: random.of(tooLong),
    onPartialEof: random.of(partialEof)
  }),
  codec: (options) => LengthPrefixed.tryMake(options),
  bound: ({ lengthAdjustment, lengthFieldLength, lengthFieldOffset, maxAppliesTo, maxFrameLength }) => {
    const header = lengthFieldOffset + lengthFieldLength
    const max = maxFrameLength ?? Number.POSITIVE_INFINITY
    return maxAppliesTo === "frame" ? max - 1 : Math.max(header, max + header + lengthAdjustment) - 1
  },
  telling: () => telling,
  // Whole frames where the header is not cut off: the encoder takes only those whose field is right.
  frame: (random, { endian, initialBytesToStrip, lengthAdjustment, lengthFieldLength, lengthFieldOffset }) => {
    const header = lengthFieldOffset + lengthFieldLength
    const total = Math.max(header, initialBytesToStrip) + random.small(30)
    const value = BigInt.asUintN(8 * lengthFieldLength, BigInt(total - header - lengthAdjustment))
    const bytes = content(random, telling, total)
    for (let at = 0; at < lengthFieldLength; at++) {
      const place = endian === "big" ? lengthFieldLength - 1 - at : at
      bytes[lengthFieldOffset + at] = Number((value >> BigInt(8 * place)) & 255n)
    }
    return bytes.subarray(initialBytesToStrip)
  }
})
