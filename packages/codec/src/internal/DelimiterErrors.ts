/**
 * The frame errors of the delimiter codec.
 *
 * @since 0.1.0
 */
import type { FrameError } from "../FrameError.ts"
import { bytesInWords } from "./BytesInWords.ts"
import { type Terminated, unencodable } from "./TerminatedErrors.ts"

/** What its errors call a frame. */
export const aFrame: Terminated = { frame: "frame", end: "delimiter" }

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
