/**
 * The varint codec: frames behind their length as protobuf writes numbers.
 *
 * @since 0.1.0
 */
import type { Codec, Encoder } from "./Codec.ts"
import { InvalidCodecOptions } from "./InvalidCodecOptions.ts"
import { readLimits } from "./internal/LengthPrefixedSettings.ts"
import { explainLimits } from "./internal/LengthPrefixedWords.ts"
import { OptionReader } from "./internal/OptionReader.ts"
import { PrefixedDecoder, type PrefixedSettings } from "./internal/PrefixedDecoder.ts"
import { prefixedTooLongToEncode } from "./internal/PrefixedErrors.ts"
import { VarintReader } from "./internal/VarintReader.ts"
import { layoutEncoder } from "./LayoutEncoder.ts"

/**
 * What becomes of frames that are too long, or cut off.
 *
 * **Shapes**
 *
 * - `maxFrameLength`: the longest frame in bytes; default 8 MiB (8,388,608). `null` or `Infinity` = no limit, and one peer can fill the
 *   memory.
 * - `maxAppliesTo`: what the limit is compared with. `"frame"` (default): all bytes of a frame, those of the varint as it was sent
 *   included. `"field"`: the length.
 * - `onTooLong`: `"fatal"` (default): nothing is decoded after a frame that is too long. `"discard"`: exactly as many bytes as it
 *   announces are dropped as they come, and the next frame is decoded.
 * - `onPartialEof`: what a frame is that EOF cuts short: `"error"` (default): `truncated`, right after the varint too. `"drop"`: nothing.
 *   `"emit"`: one frame of what came behind the varint; it may be empty.
 *
 * @category options
 * @since 0.1.0
 */
export interface VarintOptions {
  readonly maxFrameLength?: number | null | undefined
  readonly maxAppliesTo?: "frame" | "field" | undefined
  readonly onTooLong?: "discard" | "fatal" | undefined
  readonly onPartialEof?: "error" | "drop" | "emit" | undefined
}

/**
 * Makes a varint codec: each frame has its length in front, seven bits a byte, the lowest first, and the highest bit set in all bytes but
 * the last.
 *
 * **When to use**
 *
 * For protobuf messages one after another, as `writeDelimitedTo` writes them. Options that come from a configuration go to
 * {@link tryMake}.
 *
 * **Shapes**
 *
 * - The options and their defaults: {@link VarintOptions}.
 * - Frames come without the varint. Decoded bytes are a view of the chunk where one chunk holds all of them, else one copy.
 * - The length is unsigned and has 10 bytes and 64 bits at most. As in protobuf, it may be longer than it has to be (`<81 00>` is 1). The
 *   encoder writes the shortest.
 *
 * **Errors**
 *
 * - Decoding: as soon as the varint is complete, `frame_too_long` with `size` (what the limit is compared with) and `limit`; `bad_length`,
 *   always fatal, with the tenth byte of a varint that has more bytes or bits than there can be.
 * - `truncated` with `size`, and with `missing` where the varint was complete.
 * - Encoding: `frame_too_long`.
 * - Throws `InvalidCodecOptions`, which names every wrong option.
 *
 * **Limits**
 *
 * - A decoder holds the bytes of one frame at most, and allocates on what came, never on what was announced.
 *
 * **Example** (300 bytes have a length of two)
 *
 * ```ts
 * import * as Varint from "@tidegate/codec/Varint"
 *
 * const codec = Varint.make({ maxFrameLength: 1024 })
 *
 * codec.encoder().encode(new Uint8Array(300)) // => Uint8Array [0xac, 0x02, 0, 0, …]
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @source protobuf: Encoding, "Base 128 Varints"; FF-34, FF-35
 * @since 0.1.0
 */
export const make = (options: VarintOptions = {}): Codec<Uint8Array> => {
  const codec = tryMake(options)
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}

/**
 * Makes a varint codec, or returns what is wrong with the options.
 *
 * **When to use**
 *
 * With options that come from a configuration, a command line or a peer: nothing is thrown, and every wrong key is named at once.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export const tryMake = (options: VarintOptions = {}): Codec<Uint8Array> | InvalidCodecOptions => {
  const name = "varint"
  const reader = new OptionReader(options)
  const settings: PrefixedSettings = { name, ...readLimits(reader) }
  reader.rejectUnknownKeys()
  if (reader.invalid.length > 0) return new InvalidCodecOptions(name, reader.invalid)
  const encoder = varintEncoder(settings)
  return {
    name,
    explain: () =>
      `A varint, 1 to 10 bytes, the lowest seven bits first: how many bytes follow; frames come without it. ${explainLimits(settings)} The encoder writes the shortest varint.`,
    decoder: () => new PrefixedDecoder(settings, new VarintReader(settings)),
    encoder: () => encoder
  }
}

const varintEncoder = ({ maxAppliesTo, maxLength }: PrefixedSettings): Encoder<Uint8Array> =>
  layoutEncoder((frame) => {
    const before = varintOf(frame.length)
    const counted = maxAppliesTo === "frame" ? before.length + frame.length : frame.length
    return counted > maxLength
      ? prefixedTooLongToEncode(frame, maxLength, counted, maxAppliesTo)
      : { before, payload: frame, after: noBytes }
  })

const noBytes = new Uint8Array(0)

const varintOf = (value: number): Uint8Array => {
  let size = 1
  for (let most = 128; most <= value; most *= 128) size++
  const bytes = new Uint8Array(size)
  let rest = value
  for (let at = 0; at < size; at++) {
    bytes[at] = at < size - 1 ? 128 + (rest % 128) : rest
    rest = Math.floor(rest / 128)
  }
  return bytes
}
