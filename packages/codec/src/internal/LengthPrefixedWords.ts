/**
 * The options of the length-prefixed codec in words.
 *
 * @since 0.1.0
 */
import type { LengthPrefixedSettings } from "./LengthPrefixedSettings.ts"
import type { PrefixedSettings } from "./PrefixedDecoder.ts"
import { afterTooLong, atMost, atPartialEof, bytes } from "./Words.ts"

/** What a set of options means, for people. */
export const explainLengthPrefixed = (settings: LengthPrefixedSettings): string => {
  const { endian, lengthFieldLength, lengthFieldOffset } = settings
  const order = lengthFieldLength === 1 ? "" : `, ${endian}-endian,`
  const field = `${bytes(lengthFieldLength)}${order} at byte ${lengthFieldOffset}`
  return `${field}: ${valueInWords(settings)}; ${givenInWords(settings)}. ${explainLimits(settings)}${writtenInWords(settings)}`
}

/** What the options mean that all codecs with announced lengths have. */
export const explainLimits = (settings: PrefixedSettings, field = "The length"): string => {
  const max =
    settings.maxAppliesTo === "frame"
      ? atMost("A frame", settings.maxLength, "with its header")
      : largestInWords(field, settings.maxLength)
  return `${max}${afterTooLong("frame", settings)} ${atPartialEof("frame", settings.onPartialEof)}`
}

const largestInWords = (field: string, max: number): string =>
  max === Number.POSITIVE_INFINITY ? `${field} may be any number.` : `${field} is at most ${max}.`

const valueInWords = ({ around, lengthAdjustment, lengthFieldLength }: LengthPrefixedSettings): string => {
  if (around === 0) return "how many bytes the whole frame has"
  if (lengthAdjustment === 0) return "how many bytes follow"
  if (lengthAdjustment === -lengthFieldLength) return "how many bytes it and what follows have"
  return lengthAdjustment > 0
    ? `how many bytes follow, ${lengthAdjustment} of them not counted`
    : `how many bytes follow, and ${-lengthAdjustment} more`
}

const givenInWords = ({ header, initialBytesToStrip: strip }: LengthPrefixedSettings): string => {
  if (strip === 0) return "frames come whole, with the header"
  return strip === header ? "frames come without the header" : `frames come without their first ${bytes(strip)}`
}

const writtenInWords = (settings: LengthPrefixedSettings): string => {
  const { header, initialBytesToStrip: strip, lengthFieldOffset } = settings
  const onlyLength = lengthFieldOffset === 0 && strip <= header
  const other = onlyLength ? "" : `, with ${othersInWords(settings)} where the length is not`
  const writes = strip === 0 ? "" : ` The encoder puts back what was cut off${other}.`
  return strip < header ? `${writes} The encoder takes a frame only with the right length in it.` : writes
}

const othersInWords = ({ strippedBytes }: LengthPrefixedSettings): string =>
  strippedBytes.every((byte) => byte === 0)
    ? "zeros"
    : Array.from(strippedBytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ")
