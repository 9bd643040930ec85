/**
 * Newline-delimited JSON: one message of a Schema in each line.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import type { Codec } from "../Codec.ts"
import { InvalidCodecOptions } from "../InvalidCodecOptions.ts"
import { OptionReader } from "../internal/OptionReader.ts"
import * as Line from "../Line.ts"
import * as MappedCodec from "../MappedCodec.ts"
import { jsonMapping } from "./Mappings.ts"
import { type MessageSettings, readMessageSettings } from "./MessageSchema.ts"
import type { Definite, Directions, TypedOptions } from "./Typed.ts"

/**
 * How newline-delimited JSON is decoded and encoded.
 *
 * **Shapes**
 *
 * - `maxLength`: the longest line in bytes, without its end; default 1 MiB (1,048,576). At least 1; `null` or `Infinity` = no limit.
 * - `terminator`: what the encoder adds, `"\n"` (default) or `"\r\n"`. The decoder takes both.
 * - `emptyLines`: `"skip"` (default): a line without a byte is nothing. `"error"`: it is an `invalid_message`. A line of spaces is
 *   not empty, and not JSON.
 * - `onTooLong`, `failFast`, `onPartialEof`: as in `LineOptions`, with the same defaults. `onPartialEof: "emit"` takes a last line
 *   without LF for a message, which then must be a whole one.
 * - `onInvalid`, `onExcessProperty`: {@link TypedOptions}.
 *
 * @category options
 * @since 0.1.0
 */
export interface NdjsonOptions extends TypedOptions {
  readonly maxLength?: number | null | undefined
  readonly terminator?: "\n" | "\r\n" | undefined
  readonly emptyLines?: "skip" | "error" | undefined
  readonly onTooLong?: "discard" | "fatal" | undefined
  readonly failFast?: boolean | undefined
  readonly onPartialEof?: "error" | "drop" | "emit" | undefined
}

/**
 * Makes a codec of newline-delimited JSON.
 *
 * **When to use**
 *
 * For messages that people and every language can read, over a connection whose peer is not trusted. `effect/encoding/Ndjson` is for
 * streams within a program: its lines have no limit unless one is asked for, it fails as a whole at the first bad line and does
 * not say where that was, and a CR alone ends a line, as it never does in this format.
 *
 * **Shapes**
 *
 * - The options and their defaults: {@link NdjsonOptions}. `{ in, out }` and how messages are written: `Typed.make`.
 * - The encoder writes one line a message: JSON has no LF outside of strings, and inside it is escaped.
 * - A byte order mark is no JSON, at the start of the stream as anywhere else (RFC 8259 §8.1).
 *
 * **Errors**
 *
 * - Those of the line codec and of `Typed.make`. A bad line is one error, and the next line is decoded, unless `onInvalid` or
 *   `onTooLong` is `"fatal"`: the latter is so by default.
 * - Throws `InvalidCodecOptions`, which names every wrong option.
 *
 * **Limits**
 *
 * - `maxLength + 1` bytes are held at most, and a line over it is dropped as it comes.
 *
 * **Example** (Decoding by hand)
 *
 * ```ts
 * import * as Ndjson from "@tidegate/codec/effect/Ndjson"
 * import * as Schema from "effect/Schema"
 *
 * const codec = Ndjson.make(Schema.Struct({ at: Schema.Date, level: Schema.Literals(["info", "error"]) }))
 * const chunk = new TextEncoder().encode('{"at":"2030-01-01T00:00:00.000Z","level":"fatal"}\n')
 *
 * codec.decoder().push(chunk)
 * // => [a FrameError: message at byte 0: level is "fatal", allowed: "info" | "error"]
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @source https://github.com/ndjson/ndjson-spec, RFC 8259
 * @since 0.1.0
 */
export function make<In extends Schema.ConstraintDecoder<unknown>, Out extends Schema.ConstraintEncoder<unknown>>(
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: NdjsonOptions
): Codec<In["Type"], Out["Type"]>
export function make<S extends Schema.ConstraintCodec<unknown, unknown>>(
  schema: S & Definite<S["Type"]>,
  options?: NdjsonOptions
): Codec<S["Type"]>
export function make(schemas: AnySchemas, options: NdjsonOptions = {}): Codec<unknown> {
  const codec = ndjson(schemas, options)
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}

/**
 * Makes a codec of newline-delimited JSON, or returns what is wrong with the options.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export function tryMake<In extends Schema.ConstraintDecoder<unknown>, Out extends Schema.ConstraintEncoder<unknown>>(
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: NdjsonOptions
): Codec<In["Type"], Out["Type"]> | InvalidCodecOptions
export function tryMake<S extends Schema.ConstraintCodec<unknown, unknown>>(
  schema: S & Definite<S["Type"]>,
  options?: NdjsonOptions
): Codec<S["Type"]> | InvalidCodecOptions
export function tryMake(schemas: AnySchemas, options: NdjsonOptions = {}): Codec<unknown> | InvalidCodecOptions {
  return ndjson(schemas, options)
}

type AnySchemas =
  | Schema.ConstraintCodec<unknown, unknown>
  | Directions<Schema.ConstraintDecoder<unknown>, Schema.ConstraintEncoder<unknown>>

interface NdjsonSettings {
  readonly messages: MessageSettings
  readonly skipsEmpty: boolean
  readonly lines: Codec<string>
}

const ndjson = (schemas: AnySchemas, options: unknown): Codec<unknown> | InvalidCodecOptions => {
  const settings = readOptions(options)
  if (settings instanceof InvalidCodecOptions) return settings
  const { lines, messages, skipsEmpty } = settings
  const mapping = jsonMapping("ndjson", "in" in schemas ? schemas : { in: schemas, out: schemas }, messages)
  if (!skipsEmpty) return MappedCodec.make(lines, mapping)
  return MappedCodec.make(lines, {
    ...mapping,
    explain: (other) => `${mapping.explain(other)} Empty lines are skipped.`,
    decode: (line, position) => (line === "" ? undefined : mapping.decode(line, position))
  })
}

const readOptions = (options: unknown): NdjsonSettings | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const line = {
    maxLength: reader.maxBytes("maxLength", 1_048_576),
    terminator: reader.oneOf("terminator", ["\n", "\r\n"], "\n"),
    onTooLong: reader.oneOf("onTooLong", ["discard", "fatal"], "fatal"),
    failFast: reader.flag("failFast", true),
    onPartialEof: reader.oneOf("onPartialEof", ["error", "drop", "emit"], "error"),
    encoding: "utf8"
  } as const
  const skipsEmpty = reader.oneOf("emptyLines", ["skip", "error"], "skip") === "skip"
  const messages = readMessageSettings(reader)
  reader.rejectUnknownKeys()
  if (reader.invalid.length > 0) return new InvalidCodecOptions("ndjson", reader.invalid)
  return { messages, skipsEmpty, lines: Line.make(line) }
}
