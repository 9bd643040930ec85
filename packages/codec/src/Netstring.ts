/**
 * The netstring codec: a length in decimal digits, a colon, the frame, a comma.
 *
 * @since 0.1.0
 */
import type { Codec, Encoder } from "./Codec.ts"
import { InvalidCodecOptions } from "./InvalidCodecOptions.ts"
import { usualMax } from "./internal/LengthPrefixedSettings.ts"
import { NetstringReader } from "./internal/NetstringReader.ts"
import { OptionReader } from "./internal/OptionReader.ts"
import { PrefixedDecoder, type PrefixedSettings } from "./internal/PrefixedDecoder.ts"
import { prefixedTooLongToEncode } from "./internal/PrefixedErrors.ts"
import { encodeUtf8 } from "./internal/Utf8.ts"
import { afterTooLong, atMost, atPartialEof } from "./internal/Words.ts"
import { layoutEncoder } from "./LayoutEncoder.ts"

/**
 * What becomes of netstrings that are too long, or cut off.
 *
 * **Shapes**
 *
 * - `maxLength`: the longest content in bytes, neither the digits nor colon and comma counted; default 8 MiB (8,388,608). `null` or
 *   `Infinity` = no limit, and one peer can fill the memory.
 * - `onTooLong`: `"fatal"` (default): nothing is decoded after a netstring that is too long. `"discard"`: its bytes, and the one that
 *   should be its comma, are dropped as they come, and the next netstring is decoded.
 * - `onPartialEof`: what a netstring is that EOF cuts short: `"error"` (default): `truncated`. `"drop"`: nothing. `"emit"`: one frame of
 *   the content that came; it may be empty.
 *
 * @category options
 * @since 0.1.0
 */
export interface NetstringOptions {
  readonly maxLength?: number | null | undefined
  readonly onTooLong?: "discard" | "fatal" | undefined
  readonly onPartialEof?: "error" | "drop" | "emit" | undefined
}

/**
 * Makes a netstring codec.
 *
 * **When to use**
 *
 * For SCGI, QMQP and other protocols that frame with netstrings. Options that come from a configuration go to {@link tryMake}.
 *
 * **Shapes**
 *
 * - The options and their defaults: {@link NetstringOptions}.
 * - Frames are the content alone. Decoded bytes are a view of the chunk where one chunk holds all of them, else one copy.
 *
 * **Errors**
 *
 * - Decoding: as soon as the colon is there, `frame_too_long` with `size`, what was announced, and `limit`. `bad_length`, always fatal, with
 *   the first byte that is wrong: no digit, a digit behind a leading 0, no digit at all, and the digit with which the length passes
 *   9,007,199,254,740,991, so that a peer cannot send digits for ever.
 * - `bad_terminator`, always fatal, for another byte where the comma has to be.
 * - `truncated` with `size`, and with `missing`, the comma counted, where the colon was there.
 * - Encoding: `frame_too_long`.
 * - Throws `InvalidCodecOptions`, which names every wrong option.
 *
 * **Limits**
 *
 * - A decoder holds `maxLength` bytes and 17 of length and colon at most, and allocates on what came, never on what was announced.
 *
 * **Example** (There and back)
 *
 * ```ts
 * import * as Netstring from "@tidegate/codec/Netstring"
 *
 * const codec = Netstring.make({ maxLength: 1024 })
 *
 * codec.encoder().encode(new Uint8Array([104, 105])) // "2:hi,"
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @source D. J. Bernstein: Netstrings, 1997; FF-34, FF-35
 * @since 0.1.0
 */
export const make = (options: NetstringOptions = {}): Codec<Uint8Array> => {
  const codec = tryMake(options)
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}

/**
 * Makes a netstring codec, or returns what is wrong with the options.
 *
 * **When to use**
 *
 * With options that come from a configuration, a command line or a peer: nothing is thrown, and every wrong key is named at once.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export const tryMake = (options: NetstringOptions = {}): Codec<Uint8Array> | InvalidCodecOptions => {
  const name = "netstring"
  const reader = new OptionReader(options)
  const settings: PrefixedSettings = {
    name,
    maxLength: reader.maxBytes("maxLength", usualMax),
    maxAppliesTo: "field",
    onTooLong: reader.oneOf("onTooLong", ["discard", "fatal"], "fatal"),
    onPartialEof: reader.oneOf("onPartialEof", ["error", "drop", "emit"], "error")
  }
  reader.rejectUnknownKeys()
  if (reader.invalid.length > 0) return new InvalidCodecOptions(name, reader.invalid)
  const encoder = netstringEncoder(settings)
  return {
    name,
    explain: () => explain(settings),
    decoder: () => new PrefixedDecoder(settings, new NetstringReader()),
    encoder: () => encoder
  }
}

const explain = (settings: PrefixedSettings): string =>
  `Decimal digits, a colon, as many bytes, and a comma; frames come without what is around them. ${atMost("A netstring", settings.maxLength, "without digits, colon and comma")}${afterTooLong("netstring", settings)} ${atPartialEof("netstring", settings.onPartialEof)}`

const comma = encodeUtf8(",")
const colon = 58

const netstringEncoder = ({ maxAppliesTo, maxLength }: PrefixedSettings): Encoder<Uint8Array> =>
  layoutEncoder((frame) =>
    frame.length > maxLength
      ? prefixedTooLongToEncode(frame, maxLength, frame.length, maxAppliesTo)
      : { before: lengthOf(frame), payload: frame, after: comma }
  )

// Byte by byte: a text encoder takes 200 ns for these few (Node 24).
const lengthOf = (frame: Uint8Array): Uint8Array => {
  const digits = String(frame.length)
  const bytes = new Uint8Array(digits.length + 1)
  for (let at = 0; at < digits.length; at++) bytes[at] = digits.charCodeAt(at)
  bytes[digits.length] = colon
  return bytes
}
