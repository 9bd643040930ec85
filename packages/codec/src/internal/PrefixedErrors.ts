/**
 * The frame errors of codecs whose frames announce their length.
 *
 * @since 0.1.0
 */
import { FrameError } from "../FrameError.ts"
import type { Whole } from "./Whole.ts"
import { bytes, hexOf } from "./Words.ts"

interface Place {
  readonly position: number
  readonly head: Uint8Array
}

type Counted = "frame" | "field"

/** A frame in the stream that announces more than the limit. */
export const prefixedTooLong = (
  frame: Place & {
    readonly limit: number
    readonly counted: Whole
    readonly maxAppliesTo: Counted
    readonly fatal: boolean
  }
): FrameError =>
  new FrameError({
    kind: "frame_too_long",
    message:
      frame.maxAppliesTo === "frame"
        ? `frame at byte ${frame.position} announces ${bytes(frame.counted)} with its header, allowed are ${frame.limit}`
        : `frame at byte ${frame.position} announces a length of ${frame.counted}, allowed are ${frame.limit}`,
    position: frame.position,
    fatal: frame.fatal,
    head: frame.head,
    limit: frame.limit,
    size: Number(frame.counted)
  })

/** The stream ended inside a frame. Fatal, as nothing can follow. */
export const prefixedTruncated = (
  frame: Place & {
    readonly size: number
    readonly missing: Whole | undefined
    readonly inHeader: boolean
  }
): FrameError => {
  const part = frame.inHeader ? "its header" : "it"
  const missing =
    frame.missing === undefined ? `before the end of ${part}` : `${bytes(frame.missing)} of ${part} missing`
  return new FrameError({
    kind: "truncated",
    message: `frame at byte ${frame.position} was cut off by EOF after ${bytes(frame.size)}, ${missing}`,
    position: frame.position,
    fatal: true,
    head: frame.head,
    size: frame.size,
    missing: frame.missing === undefined ? undefined : Number(frame.missing)
  })
}

/** A length that cannot be true. Fatal, as nobody knows where the next frame begins. */
export const badLength = (frame: Place & { readonly why: string; readonly size: Whole | undefined }): FrameError =>
  new FrameError({
    kind: "bad_length",
    message: `frame at byte ${frame.position} ${frame.why}`,
    position: frame.position,
    fatal: true,
    head: frame.head,
    size: frame.size === undefined || frame.size < 0 ? undefined : Number(frame.size)
  })

/** Another byte stands where a frame has to end. Fatal, as its length was not true. */
export const badTerminator = (
  frame: Place & { readonly byte: number; readonly last: number; readonly size: Whole }
): FrameError =>
  new FrameError({
    kind: "bad_terminator",
    message: `frame at byte ${frame.position} has ${hexOf(frame.byte)} after its ${bytes(frame.size)}, allowed is ${hexOf(frame.last)}`,
    position: frame.position,
    fatal: true,
    head: frame.head,
    size: Number(frame.size)
  })

/** A frame given to the encoder that no decoder with these options would give. */
export const unencodable = (fields: {
  readonly kind: "frame_too_long" | "bad_length" | "truncated"
  readonly why: string
  readonly frame: Uint8Array
  readonly limit?: number
  readonly size?: Whole
  readonly missing?: number
}): FrameError =>
  new FrameError({
    kind: fields.kind,
    message: `frame to encode ${fields.why}`,
    position: 0,
    fatal: false,
    head: fields.frame,
    limit: fields.limit,
    size: Number(fields.size ?? fields.frame.length),
    missing: fields.missing
  })

/** A frame given to the encoder is longer than the limit. */
export const prefixedTooLongToEncode = (
  frame: Uint8Array,
  limit: number,
  counted: Whole,
  maxAppliesTo: Counted
): FrameError => {
  const why = maxAppliesTo === "frame" ? `has ${bytes(counted)} with its header` : `needs a length of ${counted}`
  return unencodable({ kind: "frame_too_long", why: `${why}, allowed are ${limit}`, frame, limit, size: counted })
}
