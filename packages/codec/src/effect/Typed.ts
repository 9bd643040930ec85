/**
 * Typed messages: any codec together with an Effect Schema.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import type { Codec } from "../Codec.ts"
import { InvalidCodecOptions } from "../InvalidCodecOptions.ts"
import { OptionReader } from "../internal/OptionReader.ts"
import * as MappedCodec from "../MappedCodec.ts"
import { directMapping, jsonMapping } from "./Mappings.ts"
import { type MessageSettings, readMessageSettings } from "./MessageSchema.ts"

/**
 * What a frame that is no message means.
 *
 * **Shapes**
 *
 * - `onInvalid`: `"discard"` (default): one `invalid_message` error in the frame's place, and the next frame is decoded; where frames
 *   begin and end is not in doubt. `"fatal"`: nothing is decoded after it.
 * - `onExcessProperty`: a key that the schema does not name is left out of the message (`"ignore"`, default) or makes it invalid
 *   (`"error"`).
 *
 * @category options
 * @since 0.1.0
 */
export interface TypedOptions {
  readonly onInvalid?: "discard" | "fatal" | undefined
  readonly onExcessProperty?: "ignore" | "error" | undefined
}

/**
 * Messages that can be told from "there is none": not `undefined`, which a decoder's `next` gives for that.
 *
 * @category models
 * @since 0.1.0
 */
export type Definite<T> = unknown extends T
  ? unknown
  : undefined extends T
    ? { readonly "a message cannot be undefined: put it into a struct": never }
    : unknown

/**
 * A schema for the messages of both directions, or one for each: `in` for those that are decoded, `out` for those that are encoded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Directions<out In, out Out> {
  readonly in: In
  readonly out: Out
}

/**
 * Makes a codec of typed messages that are JSON in the frames of a codec of text.
 *
 * **When to use**
 *
 * `effect/Ndjson` is this for lines, with its options in one place. For frames of bytes, such as length-prefixed ones, wrap their
 * codec in `MappedCodec.text`. With a schema that reads the frames themselves, and JSON has no part in it: {@link direct}.
 *
 * **Shapes**
 *
 * - One schema gives a codec that decodes and encodes the same messages; `{ in, out }` one for a side that receives and sends
 *   different ones.
 * - Messages are written as `Schema.toCodecJson` says: a schema of dates or bigints needs no string form of its own. Schemas that have
 *   one keep it.
 * - Limits, `peek`, `detach` and `setMaxLength` are those of the codec beneath and count bytes.
 *
 * **Errors**
 *
 * - Decoding: those of the codec beneath, and `invalid_message`: `path` is where in the message, `message` one line that names it,
 *   what stands there and what is allowed; values are cut after 32 characters, and `head` has 16 bytes. Text that is not JSON and
 *   JSON that is nested too deeply for a schema that refers to itself are invalid at path `[]`.
 * - Encoding: `invalid_message` too, with position 0, and nothing is written.
 * - A schema with a `Redacted` value anywhere: no error of the codec shows anything of a message but kinds of values; `head` is
 *   empty.
 * - Schemas that need services, and messages that can be `undefined`, are rejected by the types. One whose transformation is
 *   asynchronous cannot be: it throws at its first message.
 * - Throws `InvalidCodecOptions`, which names every wrong option.
 *
 * **Limits**
 *
 * - Numbers are JSON's: -0 comes out as 0. Of two equal keys in a message the last one counts (RFC 8259 §4 leaves it open).
 * - A frame is parsed whole: a message takes several times its length while it is decoded, so mind the codec's maximum.
 *
 * **Example** (One schema for what comes in, one for what goes out)
 *
 * ```ts
 * import * as Typed from "@tidegate/codec/effect/Typed"
 * import * as Line from "@tidegate/codec/Line"
 * import type * as Schema from "effect/Schema"
 *
 * const codec = Typed.make(Line.make({ encoding: "utf8", maxLength: 64_000 }), {
 *   in: Schema.Struct({ add: Schema.Array(Schema.Finite) }),
 *   out: Schema.Struct({ sum: Schema.Finite })
 * })
 *
 * codec.encoder().encode({ sum: 3 }) // => the bytes of {"sum":3} and LF
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @since 0.1.0
 */
export function make<In extends Schema.ConstraintDecoder<unknown>, Out extends Schema.ConstraintEncoder<unknown>>(
  codec: Codec<string>,
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: TypedOptions
): Codec<In["Type"], Out["Type"]>
export function make<S extends Schema.ConstraintCodec<unknown, unknown>>(
  codec: Codec<string>,
  schema: S & Definite<S["Type"]>,
  options?: TypedOptions
): Codec<S["Type"]>
export function make(codec: Codec<string>, schemas: AnySchemas, options: TypedOptions = {}): Codec<unknown> {
  return orThrow(typedText(codec, schemas, options))
}

/**
 * Makes a codec of typed messages as {@link make} does, or returns what is wrong with the options.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export function tryMake<In extends Schema.ConstraintDecoder<unknown>, Out extends Schema.ConstraintEncoder<unknown>>(
  codec: Codec<string>,
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: TypedOptions
): Codec<In["Type"], Out["Type"]> | InvalidCodecOptions
export function tryMake<S extends Schema.ConstraintCodec<unknown, unknown>>(
  codec: Codec<string>,
  schema: S & Definite<S["Type"]>,
  options?: TypedOptions
): Codec<S["Type"]> | InvalidCodecOptions
export function tryMake(
  codec: Codec<string>,
  schemas: AnySchemas,
  options: TypedOptions = {}
): Codec<unknown> | InvalidCodecOptions {
  return typedText(codec, schemas, options)
}

/**
 * Makes a codec of typed messages from a schema whose encoded side is the frame itself.
 *
 * **When to use**
 *
 * For messages that are not JSON: `Schema.FiniteFromString`, a template literal, one of your own from `Schema.decodeTo`. For compact
 * binary messages there is `effect/Binary`.
 *
 * **Shapes**
 *
 * - The frame is a string or a `Uint8Array`, whatever the codec beneath gives.
 * - Errors and `{ in, out }`: those of {@link make}.
 *
 * **Example** (Lines that are numbers)
 *
 * ```ts
 * import * as Typed from "@tidegate/codec/effect/Typed"
 * import * as Line from "@tidegate/codec/Line"
 * import type * as Schema from "effect/Schema"
 *
 * const codec = Typed.direct(Line.make({ encoding: "utf8" }), Schema.FiniteFromString)
 *
 * codec.decoder().push(new Uint8Array([52, 50, 10])) // => [42]
 * ```
 *
 * @see {@link tryDirect} for options that come from a configuration
 * @category constructors
 * @since 0.1.0
 */
export function direct<
  Frame extends Uint8Array | string,
  In extends Schema.ConstraintCodec<unknown, Frame, never, unknown>,
  Out extends Schema.ConstraintEncoder<Frame>
>(
  codec: Codec<Frame>,
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: TypedOptions
): Codec<In["Type"], Out["Type"]>
export function direct<Frame extends Uint8Array | string, S extends Schema.ConstraintCodec<unknown, Frame>>(
  codec: Codec<Frame>,
  schema: S & Definite<S["Type"]>,
  options?: TypedOptions
): Codec<S["Type"]>
export function direct<Frame extends Uint8Array | string>(
  codec: Codec<Frame>,
  schemas: DirectSchemas<Frame>,
  options: TypedOptions = {}
): Codec<unknown> {
  return orThrow(typedDirectly(codec, schemas, options))
}

/**
 * Makes a codec of typed messages as {@link direct} does, or returns what is wrong with the options.
 *
 * @see {@link direct} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export function tryDirect<
  Frame extends Uint8Array | string,
  In extends Schema.ConstraintCodec<unknown, Frame, never, unknown>,
  Out extends Schema.ConstraintEncoder<Frame>
>(
  codec: Codec<Frame>,
  schemas: Directions<In & Definite<In["Type"]>, Out & Definite<Out["Type"]>>,
  options?: TypedOptions
): Codec<In["Type"], Out["Type"]> | InvalidCodecOptions
export function tryDirect<Frame extends Uint8Array | string, S extends Schema.ConstraintCodec<unknown, Frame>>(
  codec: Codec<Frame>,
  schema: S & Definite<S["Type"]>,
  options?: TypedOptions
): Codec<S["Type"]> | InvalidCodecOptions
export function tryDirect<Frame extends Uint8Array | string>(
  codec: Codec<Frame>,
  schemas: DirectSchemas<Frame>,
  options: TypedOptions = {}
): Codec<unknown> | InvalidCodecOptions {
  return typedDirectly(codec, schemas, options)
}

type AnySchemas =
  | Schema.ConstraintCodec<unknown, unknown>
  | Directions<Schema.ConstraintDecoder<unknown>, Schema.ConstraintEncoder<unknown>>

type DirectSchemas<Frame> =
  | Schema.ConstraintCodec<unknown, Frame>
  | Directions<Schema.ConstraintCodec<unknown, Frame, never, unknown>, Schema.ConstraintEncoder<Frame>>

const typedText = (
  codec: Codec<string>,
  schemas: AnySchemas,
  options: TypedOptions
): Codec<unknown> | InvalidCodecOptions => {
  const settings = readOptions(options)
  if (settings instanceof InvalidCodecOptions) return settings
  const both = "in" in schemas ? schemas : { in: schemas, out: schemas }
  return MappedCodec.make(codec, jsonMapping(`json over ${codec.name}`, both, settings))
}

const typedDirectly = <Frame extends Uint8Array | string>(
  codec: Codec<Frame>,
  schemas: DirectSchemas<Frame>,
  options: TypedOptions
): Codec<unknown> | InvalidCodecOptions => {
  const settings = readOptions(options)
  if (settings instanceof InvalidCodecOptions) return settings
  const both = "in" in schemas ? schemas : { in: schemas, out: schemas }
  return MappedCodec.make(codec, directMapping(`messages over ${codec.name}`, both, settings))
}

const readOptions = (options: unknown): MessageSettings | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const settings = readMessageSettings(reader)
  reader.rejectUnknownKeys()
  return reader.invalid.length === 0 ? settings : new InvalidCodecOptions("typed", reader.invalid)
}

const orThrow = (codec: Codec<unknown> | InvalidCodecOptions): Codec<unknown> => {
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}
