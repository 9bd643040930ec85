/**
 * The frame errors of the line codec.
 *
 * @since 0.1.0
 */
import { FrameError } from "../FrameError.ts"
import { type Terminated, unencodable } from "./TerminatedErrors.ts"

/** What its errors call a line. */
export const aLine: Terminated = { frame: "line", end: "LF" }

/** A line in the stream that is not text; `badByte` is counted from the start of the line. */
export const lineNotUtf8 = (position: number, line: Uint8Array, badByte: number): FrameError =>
  new FrameError({
    kind: "invalid_utf8",
    message: `line at byte ${position} is not UTF-8: byte 0x${(line[badByte] ?? 0).toString(16)} at ${position + badByte}`,
    position,
    fatal: false,
    head: line,
    size: line.length
  })

/** A line given to the encoder holds the LF that would end it early. */
export const lineFeedInside = (line: Uint8Array, at: number): FrameError =>
  unencodable({
    kind: "contains_delimiter",
    message: `line to encode holds an LF at byte ${at}, allowed is every other byte`,
    head: line,
    size: line.length
  })

/** A line given to the encoder ends in the CR that the decoder would take for a part of the terminator. */
export const carriageReturnAtEnd = (line: Uint8Array, size: number): FrameError =>
  unencodable({
    kind: "contains_delimiter",
    message: `line to encode ends in a CR at byte ${size - 1}, which carriageReturn: "strip" would take from it`,
    head: line,
    size
  })

/** A string given to the encoder has no encoding in UTF-8. */
export const loneSurrogate = (at: number): FrameError =>
  unencodable({
    kind: "invalid_utf8",
    message: `line to encode holds half of a surrogate pair at index ${at}, which UTF-8 cannot express`
  })
