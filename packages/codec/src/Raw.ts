/**
 * The raw codec: the bytes as they come, without any framing.
 *
 * @since 0.1.0
 */
import type { Codec } from "./Codec.ts"
import { FramingDecoder } from "./FramingDecoder.ts"
import { InvalidCodecOptions } from "./InvalidCodecOptions.ts"
import { OptionReader } from "./internal/OptionReader.ts"
import { bytes } from "./internal/Words.ts"
import { bare, layoutEncoder } from "./LayoutEncoder.ts"

/**
 * How bytes are handed through.
 *
 * **Shapes**
 *
 * - `maxLength`: the longest frame in bytes; a longer chunk is given in several. At least 1; default `null` or `Infinity`: no limit,
 *   each chunk is one frame.
 *
 * @category options
 * @since 0.1.0
 */
export interface RawOptions {
  readonly maxLength?: number | null | undefined
}

/**
 * Makes a raw codec.
 *
 * **When to use**
 *
 * Where bytes are to be passed on as they come through what is made for frames: a proxy, an echo, a download, or the part of a
 * protocol that has no frames. With options that are constants of the program; options that come from a configuration go to
 * {@link tryMake}.
 *
 * **Shapes**
 *
 * - The options and their defaults: {@link RawOptions}.
 * - What is a frame depends on how the stream was cut into chunks, alone among the codecs. The frames one after the other do not:
 *   they are the stream.
 * - No frame is empty, and every one is a view of its chunk, which it keeps alive. Nothing is ever held back or copied.
 * - An encoded frame is the frame itself, whatever its length: the other side may well receive it in other pieces.
 *
 * **Errors**
 *
 * - Neither decoding nor encoding has any. `setMaxLength` says in which pieces the next bytes are given.
 * - Throws `InvalidCodecOptions`, which names every wrong option.
 *
 * **Example** (Pieces of two bytes at most)
 *
 * ```ts
 * import * as Raw from "@tidegate/codec/Raw"
 *
 * const decoder = Raw.make({ maxLength: 2 }).decoder()
 *
 * decoder.push(new Uint8Array([1, 2, 3])) // => [Uint8Array [1, 2], Uint8Array [3]]
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @source FF-33, FF-35
 * @since 0.1.0
 */
export const make = (options: RawOptions = {}): Codec<Uint8Array> => {
  const codec = tryMake(options)
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}

/**
 * Makes a raw codec, or returns what is wrong with the options.
 *
 * **When to use**
 *
 * With options that come from a configuration, a command line or a peer: nothing is thrown, and every wrong key is named at once.
 *
 * **Errors**
 *
 * - Returns `InvalidCodecOptions` for a value that is not allowed and a key that does not exist.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export const tryMake = (options: RawOptions = {}): Codec<Uint8Array> | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const maxLength = reader.maxBytes("maxLength", Number.POSITIVE_INFINITY)
  reader.rejectUnknownKeys()
  if (reader.invalid.length > 0) return new InvalidCodecOptions("raw", reader.invalid)
  return {
    name: "raw",
    explain: () => explained(maxLength),
    decoder: () => new RawDecoder(maxLength),
    encoder: () => encoder,
    verbatim: true
  }
}

const explained = (maxLength: number): string =>
  maxLength === Number.POSITIVE_INFINITY
    ? "Each chunk is given as it comes."
    : `Each chunk is given as it comes, in pieces of at most ${bytes(maxLength)}.`

const encoder = layoutEncoder<Uint8Array>(bare)

class RawDecoder extends FramingDecoder<Uint8Array> {
  constructor(maxLength: number) {
    super("raw", maxLength)
  }

  atRest(): boolean {
    return this.isBetweenFrames
  }

  protected decodeNext(): Uint8Array {
    return this.takeUntil(Math.min(this.chunk.length, this.at + this.max))
  }

  // No byte waits for another, so EOF finds none.
  protected decodeAtEof(): undefined {}
}
