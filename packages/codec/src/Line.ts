/**
 * The line codec: frames that end in LF, or in CR LF.
 *
 * @since 0.1.0
 */
import type { Codec, Decoded, Encoder } from "./Codec.ts"
import { InvalidCodecOptions } from "./InvalidCodecOptions.ts"
import { LineDecoder } from "./internal/LineDecoder.ts"
import { makeBytesEncoder, makeTextEncoder } from "./internal/LineEncoder.ts"
import { lineNotUtf8 } from "./internal/LineErrors.ts"
import { type LineSettings, readLineOptions } from "./internal/LineSettings.ts"
import { explainLines } from "./internal/LineWords.ts"
import { decodeUtf8, firstInvalidByte } from "./internal/Utf8.ts"

/**
 * How lines are decoded and encoded.
 *
 * **Shapes**
 *
 * - `maxLength`: the longest line in bytes of content, the terminator not counted; default 1 MiB (1,048,576). At least 1;
 *   `null` or `Infinity` = no limit, and one peer can fill the memory.
 * - `stripTerminator`: `true` (default): frames come without their terminator, and the encoder adds it. `false`: frames
 *   are whole lines with the bytes that ended them, and the encoder takes only such.
 * - `carriageReturn`: `"strip"` (default): a CR directly before the LF belongs to the terminator. `"keep"`: only LF ends
 *   a line, and a CR is content like any other byte. A CR elsewhere is content in both.
 * - `terminator`: what the encoder adds, `"\n"` (default) or `"\r\n"`. The decoder always takes both as
 *   `carriageReturn` says. `"\r\n"` needs `stripTerminator: true` and `carriageReturn: "strip"`.
 * - `encoding`: `"bytes"` (default): frames are `Uint8Array`s. `"utf8"`: frames are strings; a line that is not UTF-8 is
 *   an `invalid_utf8` error and the next line is decoded. A byte order mark is content.
 * - `onTooLong`: `"fatal"` (default): nothing is decoded after a line that is too long. `"discard"`: the line's bytes are
 *   dropped as they come and the next line is decoded.
 * - `failFast`: `true` (default): a line is reported as too long as soon as its content passes the limit. `false`: when it
 *   ends, with its real size; until then its bytes are dropped.
 * - `onPartialEof`: what a last line without LF is: `"error"` (default): `truncated`. `"drop"`: nothing. `"emit"`: a
 *   frame, a CR at its end included, as no LF follows it.
 *
 * @category options
 * @since 0.1.0
 */
export interface LineOptions {
  readonly maxLength?: number | null | undefined
  readonly stripTerminator?: boolean | undefined
  readonly carriageReturn?: "strip" | "keep" | undefined
  readonly terminator?: "\n" | "\r\n" | undefined
  readonly encoding?: "bytes" | "utf8" | undefined
  readonly onTooLong?: "discard" | "fatal" | undefined
  readonly failFast?: boolean | undefined
  readonly onPartialEof?: "error" | "drop" | "emit" | undefined
}

/** Options that give frames of text. */
type TextOptions = LineOptions & { readonly encoding: "utf8" }
/** Options that give frames of bytes. */
type BytesOptions = LineOptions & { readonly encoding?: "bytes" | undefined }

/**
 * Makes a line codec.
 *
 * **When to use**
 *
 * With options that are constants of the program. Options that come from a configuration go to {@link tryMake}.
 *
 * **Shapes**
 *
 * - The options and their defaults: {@link LineOptions}. `{ encoding: "utf8" }` gives a `Codec<string>`, else it is a
 *   `Codec<Uint8Array>`.
 * - Decoded bytes are a view of the chunk where one chunk holds the line, else a copy. A view keeps the memory of its
 *   whole chunk alive: copy (`frame.slice()`) what is kept for long. It changes when the chunk is written to: who pushes
 *   a chunk gives it away.
 * - Encoded bytes are a new array that holds line and terminator; with `stripTerminator: false` they are the frame itself.
 *
 * **Errors**
 *
 * - Decoding: `frame_too_long` with `size` (`maxLength + 1` with `failFast`, else all of the content) and `limit`;
 *   `truncated` with `size`, how many bytes are missing is not known; `invalid_utf8` with `size`, never fatal. Where the
 *   limit is below 15 bytes, `head` has one byte more than the limit at most.
 * - Encoding: `frame_too_long`; `contains_delimiter` for an LF inside, and for a CR at the end that the decoder would
 *   strip; `truncated` for a frame without its LF where `stripTerminator` is `false`; `invalid_utf8` for a lone surrogate.
 * - Throws `InvalidCodecOptions`, which names every wrong option.
 *
 * **Limits**
 *
 * - A decoder holds `maxLength + 1` bytes at most, the CR that may begin a terminator included, and 16 bytes while it
 *   drops a line that is too long. Such a line is one error, whatever ends it, EOF included.
 * - Each byte is searched once and copied twice at most, one byte at a time included.
 * - Text is limited by the longest string there is: with `encoding: "utf8"`, no limit means 536,870,888 bytes.
 *
 * **Example** (Decoding by hand)
 *
 * ```ts
 * import * as Line from "@tidegate/codec/Line"
 *
 * const decoder = Line.make({ encoding: "utf8" }).decoder()
 * const chunk = new Uint8Array([97, 98, 13, 10, 99])
 *
 * decoder.push(chunk) // => ["ab"]
 * decoder.pendingBytes // => 1
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @source S101, S102, S103, S104, FF-32, FF-33, FF-35, FF-36
 * @since 0.1.0
 */
export function make(options: TextOptions): Codec<string>
export function make(options?: BytesOptions): Codec<Uint8Array>
export function make(options: LineOptions): Codec<string> | Codec<Uint8Array>
export function make(options: LineOptions = {}): Codec<string> | Codec<Uint8Array> {
  const codec = tryMake(options)
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}

/**
 * Makes a line codec, or returns what is wrong with the options.
 *
 * **When to use**
 *
 * With options that come from a configuration, a command line or a peer: nothing is thrown, and every wrong key is named
 * at once.
 *
 * **Errors**
 *
 * - Returns `InvalidCodecOptions` for a value that is not allowed, a key that does not exist, and a `terminator` that does
 *   not go with the other options.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export function tryMake(options: TextOptions): Codec<string> | InvalidCodecOptions
export function tryMake(options?: BytesOptions): Codec<Uint8Array> | InvalidCodecOptions
export function tryMake(options: LineOptions): Codec<string> | Codec<Uint8Array> | InvalidCodecOptions
export function tryMake(options: LineOptions = {}): Codec<string> | Codec<Uint8Array> | InvalidCodecOptions {
  const settings = readLineOptions(options)
  if (settings instanceof InvalidCodecOptions) return settings
  return settings.encoding === "utf8" ? textCodec(settings) : bytesCodec(settings)
}

/** The options of {@link crlf}: those that do not say what ends a line. */
type CrlfOptions = Omit<LineOptions, "stripTerminator" | "carriageReturn" | "terminator">
/** The options of {@link lf}. */
type LfOptions = Omit<LineOptions, "carriageReturn" | "terminator">
/** Frames of text, or frames of bytes. */
type AsText = { readonly encoding: "utf8" }
type AsBytes = { readonly encoding?: "bytes" | undefined }

/**
 * Lines that are written with CR LF and read with LF or CR LF: strict in what is sent, tolerant in what is taken.
 *
 * **When to use**
 *
 * For the many text protocols that ask for CR LF and whose clients, or people with a terminal, send a lone LF.
 *
 * @see `Delimiter.crlf` for CR LF and nothing else
 * @see {@link make} for the options
 * @category presets
 * @source RFC 9112, section 2.2
 * @since 0.1.0
 */
export function crlf(options: CrlfOptions & AsText): Codec<string>
export function crlf(options?: CrlfOptions & AsBytes): Codec<Uint8Array>
export function crlf(options: CrlfOptions): Codec<string> | Codec<Uint8Array>
export function crlf(options: CrlfOptions = {}): Codec<string> | Codec<Uint8Array> {
  return make({ ...options, terminator: "\r\n" })
}

/**
 * Lines that end in LF and in nothing else: a CR is content wherever it stands.
 *
 * **When to use**
 *
 * Where a CR must come through as it is, and both sides write LF.
 *
 * @see {@link make} for the options
 * @category presets
 * @since 0.1.0
 */
export function lf(options: LfOptions & AsText): Codec<string>
export function lf(options?: LfOptions & AsBytes): Codec<Uint8Array>
export function lf(options: LfOptions): Codec<string> | Codec<Uint8Array>
export function lf(options: LfOptions = {}): Codec<string> | Codec<Uint8Array> {
  return make({ ...options, carriageReturn: "keep" })
}

const bytesCodec = (settings: LineSettings): Codec<Uint8Array> => {
  const encoder = makeBytesEncoder(settings)
  return lineCodec(settings, () => new LineDecoder(settings, asTheyAre), encoder)
}

const textCodec = (settings: LineSettings): Codec<string> => {
  const encoder = makeTextEncoder(settings)
  return lineCodec(settings, () => new LineDecoder(settings, asText), encoder)
}

const lineCodec = <Frame>(
  settings: LineSettings,
  decoder: () => LineDecoder<Frame>,
  encoder: Encoder<Frame>
): Codec<Frame> => ({
  name: "line",
  explain: () => explainLines(settings),
  decoder,
  encoder: () => encoder,
  // What EOF cuts short has no end to pass on; text is not what stood in the stream, but what it means.
  verbatim: !settings.stripTerminator && settings.encoding === "bytes" && settings.onPartialEof !== "emit"
})

const asTheyAre = (line: Uint8Array): Uint8Array => line

const asText = (line: Uint8Array, position: number): Decoded<string> =>
  decodeUtf8(line) ?? lineNotUtf8(position, line, firstInvalidByte(line))
