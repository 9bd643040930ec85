/**
 * The frame errors of the delimiter codec.
 *
 * @since 0.1.0
 */
import { FrameError } from "../FrameError.ts"
import { bytesInWords } from "./BytesInWords.ts"
import { bytes } from "./Words.ts"

/** A frame in the stream whose content passes the limit; `size` is what was seen of it. */
export const frameTooLong = (frame: {
  readonly position: number
  readonly head: Uint8Array
  readonly limit: number
  readonly size: number
  readonly ended: boolean
  readonly fatal: boolean
}): FrameError =>
  new FrameError({
    kind: "frame_too_long",
    message: `frame at byte ${frame.position} has ${frame.ended ? "" : "at least "}${bytes(frame.size)}, allowed are ${frame.limit}`,
    position: frame.position,
    fatal: frame.fatal,
    head: frame.head,
    limit: frame.limit,
    size: frame.size
  })

/** The stream ended inside a frame. Fatal, as nothing can follow. */
export const frameTruncated = (position: number, head: Uint8Array, size: number): FrameError =>
  new FrameError({
    kind: "truncated",
    message: `frame at byte ${position} was cut off by EOF after ${bytes(size)}, before its delimiter`,
    position,
    fatal: true,
    head,
    size
  })

const unencodable = (fields: {
  readonly kind: "frame_too_long" | "truncated" | "contains_delimiter"
  readonly message: string
  readonly head: Uint8Array
  readonly limit?: number
  readonly size: number
}): FrameError => new FrameError({ ...fields, position: 0, fatal: false })

/** A frame given to the encoder is longer than the limit. */
export const tooLongToEncode = (frame: Uint8Array, limit: number, size: number): FrameError =>
  unencodable({
    kind: "frame_too_long",
    message: `frame to encode has ${bytes(size)}, allowed are ${limit}`,
    head: frame,
    limit,
    size
  })

/** A frame given to the encoder holds the delimiter that would end it early. */
export const delimiterInside = (frame: Uint8Array, delimiter: Uint8Array, at: number): FrameError =>
  unencodable({
    kind: "contains_delimiter",
    message: `frame to encode holds the delimiter ${bytesInWords(delimiter)} at byte ${at}`,
    head: frame,
    size: frame.length
  })

/** The end of a frame given to the encoder would be a part of another delimiter than the one that is written behind it. */
export const delimiterAcross = (
  frame: Uint8Array,
  terminator: Uint8Array,
  delimiter: Uint8Array,
  at: number
): FrameError =>
  unencodable({
    kind: "contains_delimiter",
    message: `frame to encode, with ${bytesInWords(terminator)} behind it, holds the delimiter ${bytesInWords(delimiter)} at byte ${at}`,
    head: frame,
    size: frame.length
  })

/** A frame given to the encoder should have brought its delimiter. */
export const delimiterMissing = (frame: Uint8Array): FrameError =>
  unencodable({
    kind: "truncated",
    message: `frame to encode has ${bytes(frame.length)} and no delimiter at its end, which stripTerminator: false asks for`,
    head: frame,
    size: frame.length
  })
