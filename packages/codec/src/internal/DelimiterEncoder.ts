/**
 * Frames that end in a delimiter to bytes.
 *
 * @since 0.1.0
 */
import type { Encoder } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import { bare, layoutEncoder } from "../LayoutEncoder.ts"
import { DelimiterCursor } from "./DelimiterCursor.ts"
import { aFrame, delimiterAcross, delimiterInside } from "./DelimiterErrors.ts"
import type { DelimiterSettings } from "./DelimiterSettings.ts"
import { tooLongToEncode, unterminated } from "./TerminatedErrors.ts"

const none = -1
const noBytes = new Uint8Array(0)

/**
 * Makes the sending half of the delimiter codec.
 *
 * **Shapes**
 *
 * - With `stripTerminator: true` the frame is copied once, together with its delimiter; with `false` the frame itself is returned.
 * - It reads the frame as the decoder of the other side will, and refuses it where that would find another end than is meant.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeDelimiterEncoder = (settings: DelimiterSettings): Encoder<Uint8Array> => {
  const cursor = new DelimiterCursor(settings.automaton, settings.marks)
  if (!settings.stripTerminator) return layoutEncoder((frame) => refusalOfWhole(settings, cursor, frame) ?? bare(frame))
  const after = settings.terminator
  return layoutEncoder(
    (frame) => refusalOfContent(settings, cursor, frame) ?? { before: noBytes, payload: frame, after }
  )
}

// Why the decoder of the other side would refuse or change a frame that the terminator is written behind.
const refusalOfContent = (
  settings: DelimiterSettings,
  cursor: DelimiterCursor,
  frame: Uint8Array
): FrameError | undefined => {
  const { maxLength, terminator } = settings
  const size = frame.length
  if (size > maxLength) return tooLongToEncode(aFrame, frame, maxLength, size)
  cursor.reset()
  const inside = cursor.find(frame, 0)
  if (inside !== none) return delimiterInside(frame, cursor.delimiter, inside - cursor.pending)
  const start = size + cursor.find(terminator, 0) - cursor.pending
  return start === size ? undefined : delimiterAcross(frame, terminator, cursor.delimiter, start)
}

// The same for a frame that brings its delimiter.
const refusalOfWhole = (
  { maxLength }: DelimiterSettings,
  cursor: DelimiterCursor,
  frame: Uint8Array
): FrameError | undefined => {
  cursor.reset()
  const end = cursor.find(frame, 0)
  if (end === none) return unterminated(aFrame, frame)
  const size = end - cursor.pending
  if (end < frame.length) return delimiterInside(frame, cursor.delimiter, size)
  return size > maxLength ? tooLongToEncode(aFrame, frame, maxLength, size) : undefined
}
