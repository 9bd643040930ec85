/**
 * How many frames were refused, by kind.
 *
 * @since 0.1.0
 */
import type { FrameErrorKind } from "@tidegate/codec/FrameError"

/**
 * How many frames were refused, by kind; every kind is there.
 *
 * @category models
 * @since 0.1.0
 */
export type FrameErrorCounts = Readonly<Record<FrameErrorKind, number>>

/** Counts of a server that runs. */
export const noFrameErrors = (): Record<FrameErrorKind, number> => ({
  frame_too_long: 0,
  truncated: 0,
  bad_length: 0,
  bad_terminator: 0,
  invalid_utf8: 0,
  invalid_message: 0,
  bad_header: 0,
  contains_delimiter: 0
})
