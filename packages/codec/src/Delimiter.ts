/**
 * The delimiter codec: frames that end in one of several byte sequences.
 *
 * @since 0.1.0
 */
import type { Codec } from "./Codec.ts"
import { InvalidCodecOptions } from "./InvalidCodecOptions.ts"
import { DelimiterDecoder } from "./internal/DelimiterDecoder.ts"
import { makeDelimiterEncoder } from "./internal/DelimiterEncoder.ts"
import { readDelimiterOptions } from "./internal/DelimiterSettings.ts"
import { explainDelimiters } from "./internal/DelimiterWords.ts"

/**
 * How frames with a delimiter behind them are decoded and encoded.
 *
 * **Shapes**
 *
 * - `delimiters`: one or more, each of one byte or more, as bytes or as a string, which stands for its UTF-8. It has to be given.
 *   The delimiter that ends first ends the frame; of those that end with the same byte the longest. One that holds another before
 *   its last byte can never win and is refused; one that ends with another, as `"\r\n"` with `"\n"`, is fine. Together they have
 *   65,535 bytes at most.
 * - `terminator`: the delimiter that the encoder writes; default: the first one. Only with `stripTerminator: true`.
 * - `maxLength`: the longest frame in bytes of content, the delimiter not counted; default 1 MiB (1,048,576). At least 1; `null` or
 *   `Infinity` = no limit, and one peer can fill the memory. Bytes that a delimiter may begin with are not content until a byte
 *   comes that decides.
 * - `stripTerminator`: `true` (default): frames come without their delimiter, and the encoder adds it. `false`: frames end with the
 *   delimiter that ended them, and the encoder takes only such.
 * - `onTooLong`: `"fatal"` (default): nothing is decoded after a frame that is too long. `"discard"`: its bytes are dropped as they
 *   come and the next frame is decoded.
 * - `failFast`: `true` (default): a frame is reported as too long as soon as its content passes the limit. `false`: when it ends,
 *   with its real size; until then its bytes are dropped.
 * - `onPartialEof`: what a last frame without delimiter is: `"error"` (default): `truncated`. `"drop"`: nothing. `"emit"`: a frame,
 *   half a delimiter at its end included.
 *
 * @category options
 * @since 0.1.0
 */
export interface DelimiterOptions {
  readonly delimiters: ReadonlyArray<Uint8Array | string>
  readonly terminator?: Uint8Array | string | undefined
  readonly maxLength?: number | null | undefined
  readonly stripTerminator?: boolean | undefined
  readonly onTooLong?: "discard" | "fatal" | undefined
  readonly failFast?: boolean | undefined
  readonly onPartialEof?: "error" | "drop" | "emit" | undefined
}

/**
 * The options of a preset: all but the delimiters.
 *
 * @category options
 * @since 0.1.0
 */
export type PresetOptions = Omit<DelimiterOptions, "delimiters">

/**
 * Makes a delimiter codec.
 *
 * **When to use**
 *
 * Where frames end in something else than a line end, in several things, or in exactly CR LF. For lines {@link Line.make} also gives
 * text. With options that are constants of the program; options that come from a configuration go to {@link tryMake}.
 *
 * **Shapes**
 *
 * - The options and their defaults: {@link DelimiterOptions}.
 * - A frame is a view of the chunk where one chunk holds it and its delimiter, else a copy. A view keeps the memory of its whole
 *   chunk alive: copy (`frame.slice()`) what is kept for long.
 * - An encoded frame is a new array that holds content and delimiter; with `stripTerminator: false` it is the frame itself.
 *
 * **Errors**
 *
 * - Decoding: `frame_too_long` with `size` (`maxLength + 1` with `failFast`, else all of the content) and `limit`; `truncated` with
 *   `size`, how many bytes are missing is not known. Where the limit is below 15 bytes, `head` has one byte more than the limit at
 *   most.
 * - Encoding: `frame_too_long`; `contains_delimiter` for a delimiter inside, and for an end that makes another delimiter of the one
 *   behind it (`"\r"` before `"\n"`, where `"\r\n"` is one too); `truncated` for a frame without delimiter where `stripTerminator` is
 *   `false`.
 * - Throws `InvalidCodecOptions`, which names every wrong option, and of two delimiters that exclude each other both.
 *
 * **Limits**
 *
 * - A decoder holds `maxLength` bytes and all but one of the longest delimiter at most, and 16 bytes while it drops a frame that is
 *   too long. Such a frame is one error, whatever ends it, EOF included.
 * - Each byte is searched once, stepped over once and copied twice at most, whatever the delimiters, one byte at a time included.
 *
 * **Example** (Two delimiters)
 *
 * ```ts
 * import * as Delimiter from "@tidegate/codec/Delimiter"
 *
 * const decoder = Delimiter.make({ delimiters: ["--", ";"] }).decoder()
 * const chunk = new Uint8Array([97, 59, 98, 45, 45, 99])
 *
 * decoder.push(chunk) // => [Uint8Array [97], Uint8Array [98]]
 * decoder.pendingBytes // => 1
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @source S106, FF-32, FF-33, FF-35, FF-36
 * @since 0.1.0
 */
export const make = (options: DelimiterOptions): Codec<Uint8Array> => {
  const codec = tryMake(options)
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}

/**
 * Makes a delimiter codec, or returns what is wrong with the options.
 *
 * **When to use**
 *
 * With options that come from a configuration, a command line or a peer: nothing is thrown, and every wrong key is named at once.
 *
 * **Errors**
 *
 * - Returns `InvalidCodecOptions` for no delimiter or an empty one, for one that can never win beside another, for a value that is
 *   not allowed, and for a key that does not exist.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export const tryMake = (options: DelimiterOptions): Codec<Uint8Array> | InvalidCodecOptions => {
  const settings = readDelimiterOptions(options)
  if (settings instanceof InvalidCodecOptions) return settings
  return {
    name: "delimiter",
    explain: () => explainDelimiters(settings),
    decoder: () => new DelimiterDecoder(settings),
    encoder: () => makeDelimiterEncoder(settings),
    verbatim: !settings.stripTerminator && settings.onPartialEof !== "emit"
  }
}

/**
 * Frames that end in NUL, as the strings of C do.
 *
 * **When to use**
 *
 * For content that may hold line ends: file names of `find -print0`, XML sockets.
 *
 * @see {@link make} for the other options
 * @category presets
 * @since 0.1.0
 */
export const nul = (options: PresetOptions = {}): Codec<Uint8Array> => make({ ...options, delimiters: ["\0"] })

/**
 * Frames that end in CR LF and in nothing else: a CR or an LF alone is content.
 *
 * **When to use**
 *
 * Where a lone LF must not end a frame, as two readers that disagree about it can be played off against each other. {@link lines}
 * and `Line.crlf` take either.
 *
 * @see {@link make} for the other options
 * @category presets
 * @source RFC 5321, section 2.3.8
 * @since 0.1.0
 */
export const crlf = (options: PresetOptions = {}): Codec<Uint8Array> => make({ ...options, delimiters: ["\r\n"] })

/**
 * Frames that end in LF or in CR LF, which may be mixed; the encoder writes LF, or what `terminator` says.
 *
 * **When to use**
 *
 * Where lines are to be read with the options of this codec; the same as `Line.make()`, which also gives text.
 *
 * @see {@link make} for the other options
 * @category presets
 * @since 0.1.0
 */
export const lines = (options: PresetOptions = {}): Codec<Uint8Array> =>
  make({ ...options, delimiters: ["\n", "\r\n"] })
