import type { Codec, Encoder } from "../src/Codec.ts"
import * as LengthPrefixed from "../src/LengthPrefixed.ts"
import * as Netstring from "../src/Netstring.ts"
import * as Varint from "../src/Varint.ts"
import { concat, type Item } from "./support/Bytes.ts"
import { laws } from "./support/Laws.ts"
import * as Reference from "./support/PrefixedReference.ts"
import { fieldOf, lengthPrefixed, netstring, varint } from "./support/PrefixedStreams.ts"
import { content } from "./support/Streams.ts"

// These codecs' frames are bytes; the kit asks for an encoder of all that frames can be.
const encoderOf = (codec: Codec<Uint8Array>): Encoder<Item> => codec.encoder() as Encoder<Item>

/** A frame as the decoder gives it, with `content` behind its header: undefined where no length says so. */
const frameOf = (content: Uint8Array, settings: Reference.LengthPrefixed): Uint8Array | undefined => {
  const { initialBytesToStrip: strip, lengthAdjustment, lengthFieldLength, lengthFieldOffset } = settings
  const header = lengthFieldOffset + lengthFieldLength
  const rest = strip > header ? concat([new Uint8Array(strip - header), content]) : content
  const value = BigInt(rest.length - lengthAdjustment)
  if (value < 0n || value >= 2n ** BigInt(8 * lengthFieldLength)) return undefined
  return concat([new Uint8Array(lengthFieldOffset).fill(7), fieldOf(value, settings), rest]).slice(strip)
}

laws<Reference.LengthPrefixed>({
  name: "length-prefixed",
  given: lengthPrefixed,
  decoder: (settings) => LengthPrefixed.make(settings).decoder(),
  encoder: (settings) => encoderOf(LengthPrefixed.make(settings)),
  verbatim: (settings) => LengthPrefixed.make(settings).verbatim,
  pieces: Reference.lengthPrefixedPieces,
  maxOf: ({ maxFrameLength }) => maxFrameLength,
  bound: ({ lengthAdjustment, lengthFieldLength, lengthFieldOffset, maxAppliesTo }, max) =>
    maxAppliesTo === "frame" ? max : lengthFieldOffset + lengthFieldLength + Math.max(0, max + lengthAdjustment),
  frameOf,
  content
})

laws<Reference.Varint>({
  name: "varint",
  given: varint,
  decoder: (settings) => Varint.make(settings).decoder(),
  encoder: (settings) => encoderOf(Varint.make(settings)),
  pieces: Reference.varintPieces,
  maxOf: ({ maxFrameLength }) => maxFrameLength,
  bound: (_, max) => max + 10,
  frameOf: (bytes) => bytes,
  content
})

laws<Reference.Netstring>({
  name: "netstring",
  given: netstring,
  decoder: (settings) => Netstring.make(settings).decoder(),
  encoder: (settings) => encoderOf(Netstring.make(settings)),
  pieces: Reference.netstringPieces,
  maxOf: ({ maxLength }) => maxLength,
  bound: (_, max) => max + 17,
  frameOf: (bytes) => bytes,
  content
})
