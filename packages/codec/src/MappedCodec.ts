/**
 * A codec made of another one: the same bytes on the wire, frames of another type.
 *
 * @since 0.1.0
 */
import type { Codec, Decoded, Encoder } from "./Codec.ts"
import { FrameError } from "./FrameError.ts"
import { MappedDecoder } from "./internal/MappedDecoder.ts"
import { decodeUtf8, encodeUtf8, firstInvalidByte } from "./internal/Utf8.ts"

/**
 * What becomes of each frame.
 *
 * **Shapes**
 *
 * - `name` and `explain`: those of the codec that is made; `explain` is given what the other one says.
 * - `decode(frame, position)` makes a frame of a frame, or says what is wrong with it; `position` is the offset in the stream of its
 *   first byte. `undefined`: it gives nothing, and the next one is decoded; so no frame can be `undefined`. An error that is
 *   `fatal` closes the decoder.
 * - `encode(frame)` is the other way round; from an encoder, errors have position 0.
 * - `mapError`: what becomes of the other codec's own errors, both ways; default: they stay as they are. What is fatal stays fatal.
 * - `stateless`: what `decode` and `mapError` give does not depend on the frames before, so that a decoder between two frames may serve
 *   another connection; default `false`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Mapping<in From, out To, in Given, out Sent> {
  readonly name: string
  readonly explain: (other: string) => string
  readonly decode: (frame: From, position: number) => Decoded<To> | undefined
  readonly encode: (frame: Given) => Sent | FrameError
  readonly mapError?: ((error: FrameError) => FrameError) | undefined
  readonly stateless?: boolean | undefined
}

/**
 * Makes a codec of another one.
 *
 * **When to use**
 *
 * For messages that have a form of their own inside the frames: text, a number of fixed fields, JSON. Where the messages have an
 * Effect Schema, `effect/Typed` does this.
 *
 * **Shapes**
 *
 * - One frame of the other codec is one frame, one error, or nothing. Limits, `peek`, `detach` and `setMaxLength` are the other
 *   codec's: they count bytes on the wire.
 *
 * **Errors**
 *
 * - `encodeAll` maps every frame before it encodes the first, so one that cannot be mapped leaves nothing written; `frame` tells
 *   which it is.
 *
 * **Example** (Lines that are whole numbers)
 *
 * ```ts
 * import { FrameError } from "@tidegate/codec/FrameError"
 * import * as Line from "@tidegate/codec/Line"
 * import * as MappedCodec from "@tidegate/codec/MappedCodec"
 *
 * const numbers = MappedCodec.make(Line.make({ encoding: "utf8" }), {
 *   name: "numbers",
 *   explain: (lines) => `${lines} Each is a whole number.`,
 *   decode: (line, position) =>
 *     /^-?[0-9]{1,15}$/.test(line)
 *       ? Number(line)
 *       : new FrameError({ kind: "invalid_message", message: `no number at byte ${position}`, position, fatal: false }),
 *   encode: (number: number) => String(number)
 * })
 *
 * numbers.decoder().push(new Uint8Array([52, 50, 10])) // => [42]
 * ```
 *
 * @see {@link text} for frames of bytes that are text
 * @category constructors
 * @since 0.1.0
 */
export const make = <From, Sent, To, Given>(
  codec: Codec<From, Sent>,
  mapping: Mapping<From, To, Given, Sent>
): Codec<To, Given> => ({
  name: mapping.name,
  explain: () => mapping.explain(codec.explain()),
  decoder: () =>
    new MappedDecoder(codec.decoder(), mapping.decode, mapping.mapError ?? asItIs, mapping.stateless === true),
  encoder: () => mappedEncoder(codec.encoder(), mapping.encode, mapping.mapError ?? asItIs)
})

/**
 * Frames of bytes as text in UTF-8.
 *
 * **When to use**
 *
 * With a codec of bytes, such as a length-prefixed one. The line codec has text of its own.
 *
 * **Shapes**
 *
 * - A byte order mark is content.
 *
 * **Errors**
 *
 * - `invalid_utf8` with `size`, not fatal, for a frame that is not UTF-8, and from the encoder for half of a surrogate pair.
 *
 * @category combinators
 * @since 0.1.0
 */
export const text = (codec: Codec<Uint8Array>): Codec<string> =>
  make(codec, {
    name: codec.name,
    explain: (other) => `${other} Frames are text in UTF-8; one that is not is an error, and the next one is decoded.`,
    stateless: true,
    decode: (frame, position) => decodeUtf8(frame) ?? notUtf8(frame, position),
    encode: (frame: string) => (frame.isWellFormed() ? encodeUtf8(frame) : loneSurrogate(frame))
  })

const notUtf8 = (frame: Uint8Array, position: number): FrameError => {
  const at = firstInvalidByte(frame)
  return new FrameError({
    kind: "invalid_utf8",
    message: `frame at byte ${position} is not UTF-8: byte 0x${(frame[at] ?? 0).toString(16)} at ${at} of the frame`,
    position,
    fatal: false,
    head: frame,
    size: frame.length
  })
}

const loneSurrogate = (frame: string): FrameError =>
  new FrameError({
    kind: "invalid_utf8",
    message: `frame to encode holds half of a surrogate pair at index ${frame.search(/\p{Surrogate}/u)}, which UTF-8 cannot express`,
    position: 0,
    fatal: false
  })

const mappedEncoder = <Sent, Given>(
  inner: Encoder<Sent>,
  encode: (frame: Given) => Sent | FrameError,
  mapError: (error: FrameError) => FrameError
): Encoder<Given> => ({
  encode: (frame) => {
    const mapped = encode(frame)
    if (mapped instanceof FrameError) return mapped
    const bytes = inner.encode(mapped)
    return bytes instanceof FrameError ? mapError(bytes) : bytes
  },
  encodeAll: (frames) => {
    const all: Array<Sent> = []
    for (const frame of frames) {
      const mapped = encode(frame)
      if (mapped instanceof FrameError) return new FrameError({ ...mapped, frame: all.length })
      all.push(mapped)
    }
    const pieces = inner.encodeAll(all)
    return pieces instanceof FrameError ? mapError(pieces) : pieces
  }
})

const asItIs = (error: FrameError): FrameError => error
