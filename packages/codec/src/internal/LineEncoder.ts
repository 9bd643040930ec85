/**
 * Lines to bytes.
 *
 * @since 0.1.0
 */

import type { Encoder } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import { bare, layoutEncoder } from "../LayoutEncoder.ts"
import { indexOfByte } from "./ByteSearch.ts"
import { aLine, carriageReturnAtEnd, lineFeedInside, loneSurrogate } from "./LineErrors.ts"
import type { LineSettings } from "./LineSettings.ts"
import { tooLongToEncode, unterminated } from "./TerminatedErrors.ts"
import { encodeUtf8 } from "./Utf8.ts"

const LF = 10
const CR = 13
const noBytes = new Uint8Array(0)

/**
 * Makes the sending half of the line codec for frames of bytes.
 *
 * **Shapes**
 *
 * - With `stripTerminator: true` the line is copied once, together with its terminator; with `false` the frame itself is
 *   returned.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeBytesEncoder = (settings: LineSettings): Encoder<Uint8Array> => {
  const terminator = encodeUtf8(settings.terminator)
  return layoutEncoder((frame) => {
    if (!settings.stripTerminator) return refusalOfWholeLine(settings, frame) ?? bare(frame)
    return refusalOfContent(settings, frame, frame.length) ?? { before: noBytes, payload: frame, after: terminator }
  })
}

/**
 * Makes the sending half of the line codec for frames of text.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeTextEncoder = (settings: LineSettings): Encoder<string> => {
  const { stripTerminator, terminator } = settings
  return layoutEncoder((frame) => {
    if (!frame.isWellFormed()) return loneSurrogate(frame.search(/\p{Surrogate}/u))
    const line = encodeUtf8(stripTerminator ? frame + terminator : frame)
    const refusal = stripTerminator
      ? refusalOfContent(settings, line, line.length - terminator.length)
      : refusalOfWholeLine(settings, line)
    return refusal ?? bare(line)
  })
}

// Why the decoder of the other side would refuse or change `bytes[0, size)`, the content of a line.
const refusalOfContent = (settings: LineSettings, bytes: Uint8Array, size: number): FrameError | undefined => {
  if (size > settings.maxLength) return tooLongToEncode(aLine, bytes.subarray(0, size), settings.maxLength, size)
  const lineFeed = indexOfByte(bytes, LF, 0)
  if (lineFeed !== -1 && lineFeed < size) return lineFeedInside(bytes.subarray(0, size), lineFeed)
  const joinsTheTerminator =
    settings.carriageReturn === "strip" && settings.terminator === "\n" && bytes[size - 1] === CR
  return settings.stripTerminator && joinsTheTerminator ? carriageReturnAtEnd(bytes.subarray(0, size), size) : undefined
}

// The same for a frame that brings its terminator.
const refusalOfWholeLine = (settings: LineSettings, line: Uint8Array): FrameError | undefined => {
  const lineFeed = line.length - 1
  if (line[lineFeed] !== LF) return unterminated(aLine, line, 1)
  const endsInCrLf = settings.carriageReturn === "strip" && line[lineFeed - 1] === CR
  return refusalOfContent(settings, line, endsInCrLf ? lineFeed - 1 : lineFeed)
}
