/**
 * Frames whose header holds a length field to bytes.
 *
 * @since 0.1.0
 */
import type { Encoder } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import { bare, type Layout, layoutEncoder } from "../LayoutEncoder.ts"
import type { LengthPrefixedSettings } from "./LengthPrefixedSettings.ts"
import { prefixedTooLongToEncode, unencodable } from "./PrefixedErrors.ts"
import { largestOf, readUnsigned, sum, type Whole, writeUnsigned } from "./Whole.ts"
import { bytes } from "./Words.ts"

const noBytes = new Uint8Array(0)

/**
 * Makes the sending half of the length-prefixed codec: it puts back what the decoder cuts off, and checks what is left of the length
 * field in the frame.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeLengthPrefixedEncoder = (settings: LengthPrefixedSettings): Encoder<Uint8Array> => {
  const { around, initialBytesToStrip: strip } = settings
  const refuses = refusalBy(settings)
  return layoutEncoder((frame): Layout | FrameError => {
    const total = strip + frame.length
    const value = sum(total, -around)
    const refusal = refuses(frame, total, value)
    if (refusal !== undefined) return refusal
    return strip === 0 ? bare(frame) : { before: stripped(settings, value), payload: frame, after: noBytes }
  })
}

// The part of a frame that the decoder cuts off.
const stripped = (settings: LengthPrefixedSettings, value: Whole): Uint8Array => {
  const { endian, initialBytesToStrip, lengthFieldLength, lengthFieldOffset, strippedBytes } = settings
  const before = strippedBytes.length === 0 ? new Uint8Array(initialBytesToStrip) : new Uint8Array(strippedBytes)
  writeUnsigned(before, lengthFieldOffset, lengthFieldLength, endian, value)
  return before
}

const refusalBy = (settings: LengthPrefixedSettings) => {
  const { header, initialBytesToStrip: strip, lengthFieldLength, maxAppliesTo, maxLength } = settings
  const largest = largestOf(lengthFieldLength)
  return (frame: Uint8Array, total: number, value: Whole): FrameError | undefined => {
    if (total < header) {
      const why = `has ${bytes(frame.length)}, of its header alone ${header - strip} are to be in it`
      return unencodable({ kind: "truncated", why, frame, missing: header - total })
    }
    const counted = maxAppliesTo === "frame" ? total : value
    if (counted > maxLength) return prefixedTooLongToEncode(frame, maxLength, counted, maxAppliesTo)
    if (value < 0 || value > largest) {
      const why = `has ${bytes(total)} with its header, which asks for a length of ${value}, allowed are 0 to ${largest}`
      return unencodable({ kind: "bad_length", why, frame, size: total })
    }
    return strip < header ? refusalOfField(settings, frame, total, value) : undefined
  }
}

// A length field that is in the frame, whole or in part, has to be true: else the decoder would cut the stream elsewhere.
const refusalOfField = (
  settings: LengthPrefixedSettings,
  frame: Uint8Array,
  total: number,
  value: Whole
): FrameError | undefined => {
  const { endian, header, initialBytesToStrip: strip, lengthFieldLength, lengthFieldOffset } = settings
  if (strip <= lengthFieldOffset) {
    const found = readUnsigned(frame, lengthFieldOffset - strip, lengthFieldLength, endian)
    if (found === value) return undefined
    const why = `has a length field of ${found}, its ${bytes(total)} ask for ${value}`
    return unencodable({ kind: "bad_length", why, frame, size: total })
  }
  const asked = new Uint8Array(lengthFieldLength)
  writeUnsigned(asked, 0, lengthFieldLength, endian, value)
  for (let at = strip; at < header; at++) {
    const byte = asked[at - lengthFieldOffset]
    if (frame[at - strip] === byte) continue
    const why = `has ${frame[at - strip]} in byte ${at - strip}, a part of its length field; its ${bytes(total)} ask for ${byte}`
    return unencodable({ kind: "bad_length", why, frame, size: total })
  }
  return undefined
}
