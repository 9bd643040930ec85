/**
 * Compact binary messages of a Schema, in the frames of any codec of bytes.
 *
 * @since 0.1.0
 */
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import type * as Schema from "effect/Schema"
import type { Codec } from "../Codec.ts"
import { FrameError } from "../FrameError.ts"
import { InvalidCodecOptions } from "../InvalidCodecOptions.ts"
import { readLimits } from "../internal/LengthPrefixedSettings.ts"
import { OptionReader } from "../internal/OptionReader.ts"
import { pathInWords, shortPath } from "../internal/ValueInWords.ts"
import type { Mapping } from "../MappedCodec.ts"
import * as MappedCodec from "../MappedCodec.ts"
import type { VarintOptions } from "../Varint.ts"
import * as Varint from "../Varint.ts"
import { loneSurrogateIn } from "./LoneSurrogate.ts"
import { directMapping, secretsOf } from "./Mappings.ts"
import { invalidToEncode, type MessageSettings, readMessageSettings, subjectToEncode } from "./MessageSchema.ts"
import type { Definite, Directions, TypedOptions } from "./Typed.ts"

/**
 * How binary messages are written, and what a frame that is none means.
 *
 * **Shapes**
 *
 * - `fingerprint`: `false` (default): fields are found by their names, so that one side may know fields that the other does not.
 *   `true`: by their place; smaller, and a peer with any other schema is refused by 8 bytes in each message.
 * - `onInvalid`, `onExcessProperty`: {@link TypedOptions}.
 *
 * @category options
 * @since 0.1.0
 */
export interface BinaryOptions extends TypedOptions {
  readonly fingerprint?: boolean | undefined
}

/**
 * Makes a codec of binary messages.
 *
 * **When to use**
 *
 * Where both ends have the schema and bytes count: two thirds of JSON's size, half of it with `fingerprint`. The wire format is that of
 * `effect/encoding/SchemaBinary`, which is not stable yet: both ends need versions of `effect` that agree.
 *
 * **Shapes**
 *
 * - One message a frame. A message brings a length of its own, of 1 to 8 bytes; the frames' lengths and limits are those of the codec
 *   beneath, and are checked before a message is looked at.
 * - `{ in, out }`: `Typed.make`.
 * - Strings that repeat are not shared between messages (`dictionary` of `SchemaBinary.parser`): a bad message would break every one
 *   after it.
 *
 * **Errors**
 *
 * - Those of the codec beneath, and `invalid_message` as `Typed.make` gives it. `SchemaBinary`'s own parser is spent at the first bad
 *   message; here the next one is decoded.
 * - Encoding: `invalid_message` for a string with half of a surrogate pair too, which `SchemaBinary` by itself writes as U+FFFD.
 * - Throws `InvalidCodecOptions`, which names every wrong option, and an `Error` for a schema that has no binary form.
 *
 * @see `Typed.make` for JSON
 * @category constructors
 * @since 0.1.0
 */
export function make<In extends Schema.ConstraintDecoder<unknown>, Out extends Schema.ConstraintEncoder<unknown>>(
  codec: Codec<Uint8Array>,
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: BinaryOptions
): Codec<In["Type"], Out["Type"]>
export function make<S extends Schema.ConstraintCodec<unknown, unknown>>(
  codec: Codec<Uint8Array>,
  schema: S & Definite<S["Type"]>,
  options?: BinaryOptions
): Codec<S["Type"]>
export function make(codec: Codec<Uint8Array>, schemas: AnySchemas, options: BinaryOptions = {}): Codec<unknown> {
  const made = binary(codec, schemas, options)
  if (made instanceof InvalidCodecOptions) throw made
  return made
}

/**
 * Makes a codec of binary messages, or returns what is wrong with the options.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export function tryMake<In extends Schema.ConstraintDecoder<unknown>, Out extends Schema.ConstraintEncoder<unknown>>(
  codec: Codec<Uint8Array>,
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: BinaryOptions
): Codec<In["Type"], Out["Type"]> | InvalidCodecOptions
export function tryMake<S extends Schema.ConstraintCodec<unknown, unknown>>(
  codec: Codec<Uint8Array>,
  schema: S & Definite<S["Type"]>,
  options?: BinaryOptions
): Codec<S["Type"]> | InvalidCodecOptions
export function tryMake(
  codec: Codec<Uint8Array>,
  schemas: AnySchemas,
  options: BinaryOptions = {}
): Codec<unknown> | InvalidCodecOptions {
  return binary(codec, schemas, options)
}

/**
 * Options of {@link delimited}.
 *
 * @category options
 * @since 0.1.0
 */
export interface DelimitedOptions extends BinaryOptions, VarintOptions {}

/**
 * Makes a codec of binary messages one after another, exactly as `SchemaBinary.encode` writes them: no frames around them, as each
 * begins with its length, a varint.
 *
 * **When to use**
 *
 * Against a peer that uses `SchemaBinary`'s own channels, and where one more length in each message is one too many.
 *
 * **Shapes**
 *
 * - Limits, their defaults and their errors are those of `Varint`; the rest is as in {@link make}.
 *
 * @see {@link tryDelimited} for options that come from a configuration
 * @category constructors
 * @since 0.1.0
 */
export function delimited<In extends Schema.ConstraintDecoder<unknown>, Out extends Schema.ConstraintEncoder<unknown>>(
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: DelimitedOptions
): Codec<In["Type"], Out["Type"]>
export function delimited<S extends Schema.ConstraintCodec<unknown, unknown>>(
  schema: S & Definite<S["Type"]>,
  options?: DelimitedOptions
): Codec<S["Type"]>
export function delimited(schemas: AnySchemas, options: DelimitedOptions = {}): Codec<unknown> {
  const made = delimitedBinary(schemas, options)
  if (made instanceof InvalidCodecOptions) throw made
  return made
}

/**
 * Makes a codec of binary messages as {@link delimited} does, or returns what is wrong with the options.
 *
 * @see {@link delimited} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export function tryDelimited<
  In extends Schema.ConstraintDecoder<unknown>,
  Out extends Schema.ConstraintEncoder<unknown>
>(
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: DelimitedOptions
): Codec<In["Type"], Out["Type"]> | InvalidCodecOptions
export function tryDelimited<S extends Schema.ConstraintCodec<unknown, unknown>>(
  schema: S & Definite<S["Type"]>,
  options?: DelimitedOptions
): Codec<S["Type"]> | InvalidCodecOptions
export function tryDelimited(
  schemas: AnySchemas,
  options: DelimitedOptions = {}
): Codec<unknown> | InvalidCodecOptions {
  return delimitedBinary(schemas, options)
}

type AnySchemas =
  | Schema.ConstraintCodec<unknown, unknown>
  | Directions<Schema.ConstraintDecoder<unknown>, Schema.ConstraintEncoder<unknown>>

const binary = (
  codec: Codec<Uint8Array>,
  schemas: AnySchemas,
  options: unknown
): Codec<unknown> | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const fingerprint = reader.flag("fingerprint", false)
  const messages = readMessageSettings(reader)
  reader.rejectUnknownKeys()
  if (reader.invalid.length > 0) return new InvalidCodecOptions("binary", reader.invalid)
  return MappedCodec.make(codec, binaryMapping(`binary over ${codec.name}`, schemas, { fingerprint, messages }))
}

const delimitedBinary = (schemas: AnySchemas, options: unknown): Codec<unknown> | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const fingerprint = reader.flag("fingerprint", false)
  const messages = readMessageSettings(reader)
  const { maxLength, ...limits } = readLimits(reader)
  reader.rejectUnknownKeys()
  if (reader.invalid.length > 0) return new InvalidCodecOptions("binary", reader.invalid)
  const mapping = binaryMapping("binary", schemas, { fingerprint, messages })
  return MappedCodec.make(Varint.make({ ...limits, maxFrameLength: maxLength }), {
    ...mapping,
    decode: (body, position) => mapping.decode(withLength(body), position),
    encode: (message) => {
      const bytes = mapping.encode(message)
      return bytes instanceof FrameError ? bytes : withoutLength(bytes)
    }
  })
}

const binaryMapping = (
  name: string,
  schemas: AnySchemas,
  { fingerprint, messages }: { readonly fingerprint: boolean; readonly messages: MessageSettings }
): Mapping<Uint8Array, unknown, unknown, Uint8Array> => {
  const both = "in" in schemas ? schemas : { in: schemas, out: schemas }
  const codecs = {
    in: SchemaBinary.toCodec(both.in, { fingerprint }),
    out: SchemaBinary.toCodec(both.out, { fingerprint })
  }
  const mapping: Mapping<Uint8Array, unknown, unknown, Uint8Array> = directMapping(
    name,
    codecs,
    messages,
    secretsOf(both)
  )
  return { ...mapping, encode: (message) => asItIs(message, mapping.encode(message)) }
}

const replacement = [0xef, 0xbf, 0xbd] as const

/** `SchemaBinary` writes U+FFFD for half of a surrogate pair: the message would come out as another one. */
const asItIs = (message: unknown, bytes: Uint8Array | FrameError): Uint8Array | FrameError => {
  if (bytes instanceof FrameError || !holdsReplacement(bytes)) return bytes
  const path = loneSurrogateIn(message)
  if (path === undefined) return bytes
  const where = path.length === 0 ? subjectToEncode : `${subjectToEncode}: ${pathInWords(path)}`
  return invalidToEncode(`${where} holds half of a surrogate pair, which UTF-8 cannot express`, shortPath(path))
}

const holdsReplacement = (bytes: Uint8Array): boolean => {
  const [first, second, third] = replacement
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (bytes[at + 1] === second && bytes[at + 2] === third) return true
  }
  return false
}

/** The body of a message with its length in front, as `SchemaBinary` wants to see it. */
const withLength = (body: Uint8Array): Uint8Array => {
  const header: Array<number> = []
  let rest = body.length
  for (; rest >= 128; rest = Math.floor(rest / 128)) header.push(128 + (rest % 128))
  const bytes = new Uint8Array(header.length + 1 + body.length)
  bytes.set([...header, rest])
  bytes.set(body, header.length + 1)
  return bytes
}

const withoutLength = (bytes: Uint8Array): Uint8Array => bytes.subarray(bytes.findIndex((byte) => byte < 128) + 1)
