/**
 * The fixed-length codec: frames that all have the same number of bytes.
 *
 * @since 0.1.0
 */
import type { Codec, Encoder } from "./Codec.ts"
import { FrameError } from "./FrameError.ts"
import { InvalidCodecOptions } from "./InvalidCodecOptions.ts"
import { FixedLengthDecoder } from "./internal/FixedLengthDecoder.ts"
import { type FixedLengthSettings, readFixedLengthOptions } from "./internal/FixedLengthSettings.ts"
import { atPartialEof, bytes } from "./internal/Words.ts"
import { bare, layoutEncoder } from "./LayoutEncoder.ts"

/**
 * How frames of one length are decoded and encoded.
 *
 * **Shapes**
 *
 * - `length`: how many bytes each frame has; 1 or more, and it has to be given.
 * - `onPartialEof`: what fewer bytes before EOF are: `"error"` (default): `truncated`. `"drop"`: nothing. `"emit"`: a frame, the
 *   only one that is shorter.
 *
 * @category options
 * @since 0.1.0
 */
export interface FixedLengthOptions {
  readonly length: number
  readonly onPartialEof?: "error" | "drop" | "emit" | undefined
}

/**
 * Makes a fixed-length codec.
 *
 * **When to use**
 *
 * Where both sides agree on one size: sensor readings, samples, records of a file. With options that are constants of the program;
 * options that come from a configuration go to {@link tryMake}.
 *
 * **Shapes**
 *
 * - The options and their defaults: {@link FixedLengthOptions}.
 * - A frame is a view of the chunk where one chunk holds all of it, else a copy. A view keeps the memory of its whole chunk alive:
 *   copy (`frame.slice()`) what is kept for long.
 * - An encoded frame is the frame itself, uncopied.
 *
 * **Errors**
 *
 * - Decoding: `truncated` with `size` and `missing`. `frame_too_long`, fatal, with the first byte of a frame, where `setMaxLength`
 *   has said less than `length`: such a frame cannot be skipped, as no other would ever come.
 * - Encoding: `frame_too_long` with `size` and `limit` for more than `length` bytes; `bad_length` with `size` and `missing` for
 *   fewer.
 * - Throws `InvalidCodecOptions`, which names every wrong option.
 *
 * **Limits**
 *
 * - A decoder holds `length - 1` bytes at most, and never more memory than has come: a large `length` alone costs nothing.
 *
 * **Example** (Decoding by hand)
 *
 * ```ts
 * import * as FixedLength from "@tidegate/codec/FixedLength"
 *
 * const decoder = FixedLength.make({ length: 2 }).decoder()
 *
 * decoder.push(new Uint8Array([1, 2, 3])) // => [Uint8Array [1, 2]]
 * decoder.pendingBytes // => 1
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @source S106, FF-33, FF-34, FF-35
 * @since 0.1.0
 */
export const make = (options: FixedLengthOptions): Codec<Uint8Array> => {
  const codec = tryMake(options)
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}

/**
 * Makes a fixed-length codec, or returns what is wrong with the options.
 *
 * **When to use**
 *
 * With options that come from a configuration, a command line or a peer: nothing is thrown, and every wrong key is named at once.
 *
 * **Errors**
 *
 * - Returns `InvalidCodecOptions` for a `length` that is missing or no whole number from 1 on, any other value that is not allowed,
 *   and a key that does not exist.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export const tryMake = (options: FixedLengthOptions): Codec<Uint8Array> | InvalidCodecOptions => {
  const settings = readFixedLengthOptions(options)
  if (settings instanceof InvalidCodecOptions) return settings
  const encoder = encoderOf(settings)
  return {
    name: "fixed",
    explain: () => explained(settings),
    decoder: () => new FixedLengthDecoder(settings),
    encoder: () => encoder,
    verbatim: settings.onPartialEof !== "emit"
  }
}

const explained = ({ length, onPartialEof }: FixedLengthSettings): string =>
  `Each frame has exactly ${bytes(length)}, with nothing between them. ${atPartialEof("frame", onPartialEof)}`

const encoderOf = ({ length }: FixedLengthSettings): Encoder<Uint8Array> =>
  layoutEncoder((frame) => (frame.length === length ? bare(frame) : refusal(frame, length)))

const refusal = (frame: Uint8Array, length: number): FrameError => {
  const size = frame.length
  const isTooLong = size > length
  return new FrameError({
    kind: isTooLong ? "frame_too_long" : "bad_length",
    message: `frame to encode has ${bytes(size)}, allowed are exactly ${length}`,
    position: 0,
    fatal: false,
    head: frame,
    limit: isTooLong ? length : undefined,
    size,
    missing: isTooLong ? undefined : length - size
  })
}
