/**
 * The frame errors of the line codec.
 *
 * @since 0.1.0
 */
import { FrameError } from "../FrameError.ts"
import { bytes } from "./Words.ts"

/** A line in the stream whose content passes the limit; `size` is what was seen of it. */
export const lineTooLong = (line: {
  readonly position: number
  readonly head: Uint8Array
  readonly limit: number
  readonly size: number
  readonly ended: boolean
  readonly fatal: boolean
}): FrameError =>
  new FrameError({
    kind: "frame_too_long",
    message: `line at byte ${line.position} has ${line.ended ? "" : "at least "}${bytes(line.size)}, allowed are ${line.limit}`,
    position: line.position,
    fatal: line.fatal,
    head: line.head,
    limit: line.limit,
    size: line.size
  })

/** The stream ended inside a line. Fatal, as nothing can follow. */
export const lineTruncated = (position: number, head: Uint8Array, size: number): FrameError =>
  new FrameError({
    kind: "truncated",
    message: `line at byte ${position} was cut off by EOF after ${bytes(size)}, before its LF`,
    position,
    fatal: true,
    head,
    size
  })

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

const unencodable = (fields: {
  readonly kind: "frame_too_long" | "truncated" | "invalid_utf8" | "contains_delimiter"
  readonly message: string
  readonly head?: Uint8Array
  readonly limit?: number
  readonly size?: number
  readonly missing?: number
}): FrameError => new FrameError({ ...fields, position: 0, fatal: false })

/** A line given to the encoder is longer than the limit. */
export const tooLongToEncode = (line: Uint8Array, limit: number, size: number): FrameError =>
  unencodable({
    kind: "frame_too_long",
    message: `line to encode has ${bytes(size)}, allowed are ${limit}`,
    head: line,
    limit,
    size
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

/** A line given to the encoder should have brought its terminator. */
export const terminatorMissing = (line: Uint8Array): FrameError =>
  unencodable({
    kind: "truncated",
    message: `line to encode has ${bytes(line.length)} and no LF at its end, which stripTerminator: false asks for`,
    head: line,
    size: line.length,
    missing: 1
  })

/** A string given to the encoder has no encoding in UTF-8. */
export const loneSurrogate = (at: number): FrameError =>
  unencodable({
    kind: "invalid_utf8",
    message: `line to encode holds half of a surrogate pair at index ${at}, which UTF-8 cannot express`
  })
