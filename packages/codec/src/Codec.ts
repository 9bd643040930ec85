/**
 * What every framing codec is: a decoder that turns chunks into frames, and an encoder that turns frames into bytes.
 *
 * Both halves are plain state machines: no I/O, no fibers, no clock. A result never depends on how the stream was cut into
 * chunks.
 *
 * @since 0.1.0
 */
import type { FrameError } from "./FrameError.ts"

/**
 * One thing a decoder found: a frame, or the error that stands in its place.
 *
 * @category models
 * @since 0.1.0
 */
export type Decoded<Frame> = Frame | FrameError

/**
 * The receiving half of a codec, for one connection.
 *
 * **Shapes**
 *
 * - `push(chunk)` takes any number of bytes (none is fine) and returns, in stream order, the frames and errors that they
 *   complete. The decoder keeps views of the chunk: the caller must not write to it afterwards.
 * - `end()` says that no byte will follow (EOF) and returns what that completes. A second call returns nothing.
 * - `pendingBytes` counts the bytes that are held and belong to no frame yet.
 * - `closed` is true after `end()` and after a fatal error; from then on `push` returns nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decoder<Frame> {
  readonly push: (chunk: Uint8Array) => ReadonlyArray<Decoded<Frame>>
  readonly end: () => ReadonlyArray<Decoded<Frame>>
  readonly pendingBytes: number
  readonly closed: boolean
}

/**
 * The sending half of a codec.
 *
 * **Shapes**
 *
 * - `encode(frame)` returns the bytes of one whole frame, or the error that says why the decoder of the other side would
 *   refuse it. Nothing is partly encoded.
 *
 * @category models
 * @since 0.1.0
 */
export interface Encoder<Frame> {
  readonly encode: (frame: Frame) => Uint8Array | FrameError
}

/**
 * A framing codec: makes one decoder and one encoder per connection.
 *
 * **When to use**
 *
 * Hand it to `Handler.frames`, or drive `decoder()` by hand over any source of chunks.
 *
 * **Shapes**
 *
 * - `In` is what the decoder gives, `Out` what the encoder takes; for most codecs they are the same type.
 * - `name` stands in logs and errors.
 *
 * @category models
 * @since 0.1.0
 */
export interface Codec<in out In, in out Out = In> {
  readonly name: string
  readonly decoder: () => Decoder<In>
  readonly encoder: () => Encoder<Out>
}
