/**
 * The options of the length-prefixed codec, checked.
 *
 * @since 0.1.0
 */
import { InvalidCodecOptions } from "../InvalidCodecOptions.ts"
import { OptionReader } from "./OptionReader.ts"
import type { PrefixedSettings } from "./PrefixedDecoder.ts"
import { type Endian, largestOf, lesser, sum, type Whole } from "./Whole.ts"

/**
 * Where a length field is and what its value means.
 *
 * @category options
 * @since 0.1.0
 */
export interface LengthField {
  readonly lengthFieldOffset: number
  readonly lengthFieldLength: number
  readonly lengthAdjustment: number
  readonly initialBytesToStrip: number
  readonly endian: Endian
}

/**
 * `LengthPrefixedOptions` with every default filled in; no limit is `Infinity`.
 *
 * **Shapes**
 *
 * - `header`: how many bytes there are up to the end of the length field. `around`: how many bytes of a frame its value does not count.
 * - `strippedBytes`: none for nothing but zeros.
 *
 * @category options
 * @since 0.1.0
 */
export interface LengthPrefixedSettings extends LengthField, PrefixedSettings {
  readonly strippedBytes: Uint8Array
  readonly header: number
  readonly around: Whole
}

const noBytes = new Uint8Array(0)

type Limits = Omit<PrefixedSettings, "name">

/** 8 MiB, as others have it. */
export const usualMax = 8 * 1_048_576

const largest = Number.MAX_SAFE_INTEGER

/**
 * Checks options and fills in the defaults.
 *
 * @category options
 * @since 0.1.0
 */
export const readLengthPrefixedOptions = (options: unknown): LengthPrefixedSettings | InvalidCodecOptions => {
  const name = "length-prefixed"
  const reader = new OptionReader(options)
  const field: LengthField = {
    lengthFieldOffset: reader.whole("lengthFieldOffset", 0, largest, 0),
    lengthFieldLength: reader.whole("lengthFieldLength", 1, 8, 4),
    lengthAdjustment: reader.whole("lengthAdjustment", -largest, largest, 0),
    initialBytesToStrip: reader.whole("initialBytesToStrip", 0, largest, 0),
    endian: reader.oneOf("endian", ["big", "little"], "big")
  }
  const limits = readLimits(reader)
  const strippedBytes = readStrippedBytes(reader, field.initialBytesToStrip)
  if (reader.invalid.length === 0) rejectTogether(reader, field, limits)
  reader.rejectUnknownKeys()
  return reader.invalid.length === 0
    ? settingsOf(name, field, limits, strippedBytes)
    : new InvalidCodecOptions(name, reader.invalid)
}

/**
 * Checks the options that a preset leaves open: its length field counts what is behind it, or with `inclusive` itself as well.
 *
 * @category options
 * @since 0.1.0
 */
export const readPresetOptions = (
  name: string,
  lengthFieldLength: number,
  endian: Endian,
  options: unknown
): LengthPrefixedSettings | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const field: LengthField = {
    lengthFieldOffset: 0,
    lengthFieldLength,
    lengthAdjustment: reader.flag("inclusive", false) ? -lengthFieldLength : 0,
    initialBytesToStrip: lengthFieldLength,
    endian
  }
  const limits = readLimits(reader)
  if (reader.invalid.length === 0) rejectTogether(reader, field, limits)
  reader.rejectUnknownKeys()
  return reader.invalid.length === 0
    ? settingsOf(name, field, limits, noBytes)
    : new InvalidCodecOptions(name, reader.invalid)
}

/** The options that say what becomes of a frame that is too long, or cut off. */
export const readLimits = (reader: OptionReader): Limits => ({
  maxLength: reader.maxBytes("maxFrameLength", usualMax),
  maxAppliesTo: reader.oneOf("maxAppliesTo", ["frame", "field"], "frame"),
  onTooLong: reader.oneOf("onTooLong", ["discard", "fatal"], "fatal"),
  onPartialEof: reader.oneOf("onPartialEof", ["error", "drop", "emit"], "error")
})

const readStrippedBytes = (reader: OptionReader, size: number): Uint8Array => {
  const given = reader.anything("strippedBytes")
  if (given instanceof Uint8Array && given.length === size) return new Uint8Array(given)
  if (given !== undefined) {
    reader.reject("strippedBytes", given, `a Uint8Array of ${size} bytes, as many as initialBytesToStrip says`)
  }
  return noBytes
}

const settingsOf = (
  name: string,
  field: LengthField,
  limits: Limits,
  strippedBytes: Uint8Array
): LengthPrefixedSettings => {
  const header = headerOf(field)
  return { ...field, ...limits, name, strippedBytes, header, around: sum(header, field.lengthAdjustment) }
}

const headerOf = ({ lengthFieldLength, lengthFieldOffset }: LengthField): number =>
  lengthFieldOffset + lengthFieldLength

// Options each of which is allowed, but with which no frame could ever be right.
const rejectTogether = (reader: OptionReader, field: LengthField, limits: Limits): void => {
  const { initialBytesToStrip, lengthAdjustment, lengthFieldLength } = field
  const { maxAppliesTo, maxLength } = limits
  const header = headerOf(field)
  if (header > maxLength) {
    const allowed = `at least lengthFieldOffset + lengthFieldLength, which is ${header}`
    reader.reject("maxFrameLength", maxLength, allowed)
    return
  }
  const largestField = largestOf(lengthFieldLength)
  const largestValue = maxAppliesTo === "field" ? lesser(largestField, maxLength) : largestField
  const lowest = -largestValue
  const highest = maxAppliesTo === "frame" ? maxLength - header : Number.POSITIVE_INFINITY
  if (lengthAdjustment < lowest || lengthAdjustment > highest) {
    const allowed = highest === Number.POSITIVE_INFINITY ? `${lowest} or more` : `from ${lowest} to ${highest}`
    reader.reject("lengthAdjustment", lengthAdjustment, `${allowed}, or no length is one of a frame`)
    return
  }
  const longest = sum(largestValue, sum(header, lengthAdjustment))
  const longestAllowed = maxAppliesTo === "frame" ? lesser(longest, maxLength) : longest
  if (initialBytesToStrip > longestAllowed) {
    const allowed = `at most ${longestAllowed}, the bytes of the longest frame there can be`
    reader.reject("initialBytesToStrip", initialBytesToStrip, allowed)
  }
}
