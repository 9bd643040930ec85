/**
 * What can be wrong with a frame.
 *
 * @since 0.1.0
 */

/**
 * The kinds of frame error.
 *
 * - `frame_too_long`: longer than the codec's limit, as seen or as announced.
 * - `truncated`: the stream ended inside a frame.
 * - `bad_length`: a length field that cannot be true.
 * - `bad_terminator`: another byte stands where a frame has to end.
 * - `invalid_utf8`: bytes that are not UTF-8 where text was asked for.
 * - `invalid_message`: a frame whose content is not the message that the schema asks for.
 * - `bad_header`: bytes that are no header of the PROXY protocol.
 * - `contains_delimiter`: a frame given to the encoder holds the bytes that would end it.
 *
 * @category models
 * @since 0.1.0
 */
export type FrameErrorKind =
  | "frame_too_long"
  | "truncated"
  | "bad_length"
  | "bad_terminator"
  | "invalid_utf8"
  | "invalid_message"
  | "bad_header"
  | "contains_delimiter"

const headBytes = 16

/**
 * A frame that cannot be decoded or encoded: a value in the decoder's output, never thrown.
 *
 * **Shapes**
 *
 * - `position`: offset, in bytes from the start of the stream, of the first byte of the bad frame; `0` from an encoder.
 * - `limit`: the codec's limit in bytes, where one was passed.
 * - `size`: bytes seen or announced so far, where known.
 * - `missing`: bytes that were still to come, where known.
 * - `path`: of an `invalid_message`: where in the message.
 * - `reason`: of a `bad_header`: what is wrong with it, in a word.
 * - `frame`: from `encodeAll`: which of the frames it is, counted from 0.
 * - `head`: the first bytes of the frame, 16 at most, copied; never the payload.
 * - `fatal`: nothing is decoded after it; otherwise the decoder goes on with the next frame.
 *
 * @category errors
 * @since 0.1.0
 */
export class FrameError {
  readonly _tag = "FrameError"
  readonly kind: FrameErrorKind
  readonly message: string
  readonly position: number
  readonly fatal: boolean
  readonly head: Uint8Array
  readonly limit: number | undefined
  readonly size: number | undefined
  readonly missing: number | undefined
  readonly path: ReadonlyArray<PropertyKey> | undefined
  readonly reason: string | undefined
  readonly frame: number | undefined

  constructor(fields: {
    readonly kind: FrameErrorKind
    readonly message: string
    readonly position: number
    readonly fatal: boolean
    readonly head?: Uint8Array | undefined
    readonly limit?: number | undefined
    readonly size?: number | undefined
    readonly missing?: number | undefined
    readonly path?: ReadonlyArray<PropertyKey> | undefined
    readonly reason?: string | undefined
    readonly frame?: number | undefined
  }) {
    this.kind = fields.kind
    this.message = fields.message
    this.position = fields.position
    this.fatal = fields.fatal
    // Not `slice`: over a Buffer that is a view, which would pin the chunk and change with it.
    this.head = fields.head === undefined ? new Uint8Array(0) : new Uint8Array(fields.head.subarray(0, headBytes))
    this.limit = fields.limit
    this.size = fields.size
    this.missing = fields.missing
    this.path = fields.path
    this.reason = fields.reason
    this.frame = fields.frame
  }
}

/**
 * Tells whether something a decoder or an encoder gave is a {@link FrameError}.
 *
 * @category guards
 * @since 0.1.0
 */
export const isFrameError = (u: unknown): u is FrameError => u instanceof FrameError
