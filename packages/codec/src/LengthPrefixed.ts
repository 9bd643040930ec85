/**
 * The length-prefixed codec: frames whose header holds a field that says how long they are.
 *
 * @since 0.1.0
 */
import type { Codec } from "./Codec.ts"
import { InvalidCodecOptions } from "./InvalidCodecOptions.ts"
import { LengthFieldReader } from "./internal/LengthFieldReader.ts"
import { makeLengthPrefixedEncoder } from "./internal/LengthPrefixedEncoder.ts"
import {
  type LengthPrefixedSettings,
  readLengthPrefixedOptions,
  readPresetOptions
} from "./internal/LengthPrefixedSettings.ts"
import { explainLengthPrefixed } from "./internal/LengthPrefixedWords.ts"
import { PrefixedDecoder } from "./internal/PrefixedDecoder.ts"
import type { Endian } from "./internal/Whole.ts"

/**
 * Where the length is, what it counts, and what is cut off.
 *
 * **Shapes**
 *
 * A frame has `lengthFieldOffset + lengthFieldLength + length + lengthAdjustment` bytes. The bytes up to the end of the length field
 * are its header.
 *
 * - `lengthFieldOffset`: how many bytes stand before the length field; default 0.
 * - `lengthFieldLength`: how many bytes the length field has, 1 to 8; default 4. It is unsigned.
 * - `lengthAdjustment`: what is added to the length to know how many bytes follow the field; default 0. Negative where the length counts
 *   some of the header as well, positive where it does not count all that follows.
 * - `initialBytesToStrip`: how many of its first bytes a frame comes without; default 0: frames come with their header. The presets cut
 *   the header off.
 * - `endian`: `"big"` (default): the most significant byte first. `"little"`: last.
 * - `maxFrameLength`: the longest frame in bytes; default 8 MiB (8,388,608). At least as long as the header; `null` or `Infinity` = no
 *   limit, and one peer can fill the memory.
 * - `maxAppliesTo`: what the limit is compared with. `"frame"` (default): all bytes of a frame, those that are cut off included.
 *   `"field"`: the length as it was sent.
 * - `onTooLong`: `"fatal"` (default): nothing is decoded after a frame that is too long. `"discard"`: exactly as many bytes as it
 *   announces are dropped as they come, and the next frame is decoded.
 * - `onPartialEof`: what a frame is that EOF cuts short: `"error"` (default): `truncated`, right after a header too. `"drop"`: nothing.
 *   `"emit"`: one frame of what came of it, without the bytes to strip; it may be empty.
 * - `strippedBytes`: what the encoder puts in front of a frame for the bytes that the decoder cuts off, as many as
 *   `initialBytesToStrip` says; default: zeros. The length is written over its place in them.
 *
 * @category options
 * @since 0.1.0
 */
export interface LengthPrefixedOptions {
  readonly lengthFieldOffset?: number | undefined
  readonly lengthFieldLength?: number | undefined
  readonly lengthAdjustment?: number | undefined
  readonly initialBytesToStrip?: number | undefined
  readonly endian?: "big" | "little" | undefined
  readonly maxFrameLength?: number | null | undefined
  readonly maxAppliesTo?: "frame" | "field" | undefined
  readonly onTooLong?: "discard" | "fatal" | undefined
  readonly onPartialEof?: "error" | "drop" | "emit" | undefined
  readonly strippedBytes?: Uint8Array | undefined
}

/**
 * What a preset leaves open.
 *
 * **Shapes**
 *
 * - `inclusive`: `false` (default): the length counts the bytes behind it. `true`: it counts itself as well, so that it is the length of
 *   the whole frame.
 * - The others, and their defaults: {@link LengthPrefixedOptions}.
 *
 * @category options
 * @source S106
 * @since 0.1.0
 */
export interface PresetOptions
  extends Pick<LengthPrefixedOptions, "maxFrameLength" | "maxAppliesTo" | "onTooLong" | "onPartialEof"> {
  readonly inclusive?: boolean | undefined
}

/**
 * Makes a length-prefixed codec.
 *
 * **When to use**
 *
 * With options that are constants of the program. Options that come from a configuration go to {@link tryMake}. For a length at the very
 * start that is cut off there are presets, as {@link u32be}.
 *
 * **Shapes**
 *
 * - The options and their defaults: {@link LengthPrefixedOptions}. `explain()` says what they mean together.
 * - A decoded frame is a view of the chunk where one chunk holds all of it that is not cut off, else one copy. Copy (`frame.slice()`) what
 *   is kept for long: a view keeps the memory of its whole chunk alive.
 * - The encoder takes what the decoder gives and writes the bytes that it came from. Where the length field, or a part of it, is not cut
 *   off, it has to be in the frame and right. A frame that nothing is cut off from is returned as it is.
 *
 * **Errors**
 *
 * - Decoding: as soon as the length is complete, before anything of the frame is kept, `frame_too_long` with `size` (what the limit is
 *   compared with) and `limit`; `bad_length`, always fatal, where the frame would be shorter than its header or than what is to be cut off.
 *   Where both are true it is `bad_length`: such a length says nothing about where the next frame begins.
 * - `truncated` with `size` and `missing`: how many bytes were still to come of the frame, or, where EOF is inside it, of the header.
 * - A `size` or `missing` above `Number.MAX_SAFE_INTEGER` is the nearest number; limits are compared exactly, and messages are exact.
 * - Encoding: `frame_too_long`; `bad_length` for a length that the field cannot hold, and for one in the frame that is not right; `truncated`
 *   for a frame that is shorter than its header.
 * - Throws `InvalidCodecOptions`, which names every wrong option: those out of bounds, a header longer than `maxFrameLength`, and an
 *   adjustment or number of bytes to strip with which no frame could ever be right.
 *
 * **Limits**
 *
 * - A decoder holds the bytes of one frame at most, in at most four times as much memory. It allocates on what came, never on what was
 *   announced; nothing of a frame that is dropped is held.
 *
 * **Example** (Two bytes of type, two of length)
 *
 * ```ts
 * import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
 *
 * const codec = LengthPrefixed.make({ lengthFieldOffset: 2, lengthFieldLength: 2, maxFrameLength: 1024 })
 * const decoder = codec.decoder()
 *
 * decoder.push(new Uint8Array([0, 7, 0, 1])) // => []
 * decoder.push(new Uint8Array([42])) // => [Uint8Array [0, 7, 0, 1, 42]]
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @source S106, FF-34, FF-35
 * @since 0.1.0
 */
export const make = (options: LengthPrefixedOptions = {}): Codec<Uint8Array> => made(tryMake(options))

/**
 * Makes a length-prefixed codec, or returns what is wrong with the options.
 *
 * **When to use**
 *
 * With options that come from a configuration, a command line or a peer: nothing is thrown, and every wrong key is named at once.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export const tryMake = (options: LengthPrefixedOptions = {}): Codec<Uint8Array> | InvalidCodecOptions =>
  codecOf(readLengthPrefixedOptions(options))

const fields = {
  u8: [1, "big"],
  u16be: [2, "big"],
  u16le: [2, "little"],
  u24be: [3, "big"],
  u24le: [3, "little"],
  u32be: [4, "big"],
  u32le: [4, "little"],
  u64be: [8, "big"],
  u64le: [8, "little"]
} as const satisfies Readonly<Record<string, readonly [size: number, endian: Endian]>>

/**
 * The names of the presets.
 *
 * @category presets
 * @since 0.1.0
 */
export type Preset = keyof typeof fields

/**
 * The names of all presets.
 *
 * @category presets
 * @since 0.1.0
 */
export const presets: ReadonlyArray<Preset> = Object.freeze(Object.keys(fields) as Array<Preset>)

/**
 * Makes the codec of a preset by its name, or returns what is wrong with the options.
 *
 * **When to use**
 *
 * With a name or options that come from a configuration.
 *
 * @category presets
 * @since 0.1.0
 */
export const tryPreset = (name: Preset, options: PresetOptions = {}): Codec<Uint8Array> | InvalidCodecOptions => {
  const field: readonly [size: number, endian: Endian] | undefined = Object.hasOwn(fields, name)
    ? fields[name]
    : undefined
  if (field !== undefined) return codecOf(readPresetOptions(name, ...field, options))
  const allowed = presets.map((preset) => `"${preset}"`).join(" or ")
  return new InvalidCodecOptions("length-prefixed", [{ key: "name", value: name, allowed }])
}

const preset =
  (name: Preset) =>
  (options: PresetOptions = {}): Codec<Uint8Array> =>
    made(tryPreset(name, options))

/**
 * One byte of length, then the frame: 255 bytes at most.
 *
 * @category presets
 * @since 0.1.0
 */
export const u8 = preset("u8")

/**
 * Two bytes of length, big-endian, then the frame.
 *
 * **When to use**
 *
 * For DNS over TCP, and most protocols with short messages.
 *
 * **Example** (The length counts itself)
 *
 * ```ts
 * import * as LengthPrefixed from "@tidegate/codec/LengthPrefixed"
 *
 * const encoder = LengthPrefixed.u16be({ inclusive: true }).encoder()
 *
 * encoder.encode(new Uint8Array([7])) // => Uint8Array [0, 3, 7]
 * ```
 *
 * @category presets
 * @source RFC 1035, 4.2.2
 * @since 0.1.0
 */
export const u16be = preset("u16be")

/**
 * Two bytes of length, little-endian, then the frame.
 *
 * @category presets
 * @since 0.1.0
 */
export const u16le = preset("u16le")

/**
 * Three bytes of length, big-endian, then the frame.
 *
 * @category presets
 * @since 0.1.0
 */
export const u24be = preset("u24be")

/**
 * Three bytes of length, little-endian, then the frame.
 *
 * @category presets
 * @since 0.1.0
 */
export const u24le = preset("u24le")

/**
 * Four bytes of length, big-endian, then the frame: the most usual of all.
 *
 * @category presets
 * @since 0.1.0
 */
export const u32be = preset("u32be")

/**
 * Four bytes of length, little-endian, then the frame.
 *
 * @category presets
 * @since 0.1.0
 */
export const u32le = preset("u32le")

/**
 * Eight bytes of length, big-endian, then the frame.
 *
 * @category presets
 * @since 0.1.0
 */
export const u64be = preset("u64be")

/**
 * Eight bytes of length, little-endian, then the frame.
 *
 * @category presets
 * @since 0.1.0
 */
export const u64le = preset("u64le")

const made = (codec: Codec<Uint8Array> | InvalidCodecOptions): Codec<Uint8Array> => {
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}

const codecOf = (settings: LengthPrefixedSettings | InvalidCodecOptions): Codec<Uint8Array> | InvalidCodecOptions => {
  if (settings instanceof InvalidCodecOptions) return settings
  const encoder = makeLengthPrefixedEncoder(settings)
  return {
    name: settings.name,
    explain: () => explainLengthPrefixed(settings),
    decoder: () => new PrefixedDecoder(settings, new LengthFieldReader(settings)),
    encoder: () => encoder,
    // What EOF cuts short has another length than it announces.
    verbatim: settings.initialBytesToStrip === 0 && settings.onPartialEof !== "emit"
  }
}

/**
 * A varint and so many bytes, as in protobuf: the codec of `@tidegate/codec/Varint`, for who looks for it among the presets.
 *
 * @see `Varint` for its options, errors and limits
 * @category presets
 * @since 0.1.0
 */
export { make as varint } from "./Varint.ts"
