/**
 * The frame errors that all codecs share whose frames end in something: lines and frames with a delimiter.
 *
 * @since 0.1.0
 */
import { FrameError, type FrameErrorKind } from "../FrameError.ts"
import { bytes } from "./Words.ts"

/** What a frame is called, and what ends it, in words. */
export interface Terminated {
  readonly frame: string
  readonly end: string
}

/** A frame in the stream whose content passes the limit; `size` is what was seen of it. */
export const tooLong = (
  { frame }: Terminated,
  found: {
    readonly position: number
    readonly head: Uint8Array
    readonly limit: number
    readonly size: number
    readonly ended: boolean
    readonly fatal: boolean
  }
): FrameError => {
  const { ended, fatal, head, limit, position, size } = found
  const message = `${frame} at byte ${position} has ${ended ? "" : "at least "}${bytes(size)}, allowed are ${limit}`
  return new FrameError({ kind: "frame_too_long", message, position, fatal, head, limit, size })
}

/** The stream ended inside a frame. Fatal, as nothing can follow. */
export const truncated = ({ end, frame }: Terminated, position: number, head: Uint8Array, size: number): FrameError => {
  const message = `${frame} at byte ${position} was cut off by EOF after ${bytes(size)}, before its ${end}`
  return new FrameError({ kind: "truncated", message, position, fatal: true, head, size })
}

/** A frame that the encoder refuses. */
export const unencodable = (fields: {
  readonly kind: FrameErrorKind
  readonly message: string
  readonly head?: Uint8Array
  readonly limit?: number
  readonly size?: number
  readonly missing?: number
}): FrameError => new FrameError({ ...fields, position: 0, fatal: false })

/** A frame given to the encoder is longer than the limit. */
export const tooLongToEncode = ({ frame }: Terminated, content: Uint8Array, limit: number, size: number): FrameError =>
  unencodable({
    kind: "frame_too_long",
    message: `${frame} to encode has ${bytes(size)}, allowed are ${limit}`,
    head: content,
    limit,
    size
  })

/** A frame given to the encoder should have brought what ends it; `missing`: how much of that, where it is known. */
export const unterminated = ({ end, frame }: Terminated, given: Uint8Array, missing?: number): FrameError =>
  unencodable({
    kind: "truncated",
    message: `${frame} to encode has ${bytes(given.length)} and no ${end} at its end, which stripTerminator: false asks for`,
    head: given,
    size: given.length,
    ...(missing === undefined ? {} : { missing })
  })
