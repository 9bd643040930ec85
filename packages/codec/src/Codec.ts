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
 * The receiving half of a codec, for one connection at a time.
 *
 * **When to use**
 *
 * `push` where everything that a chunk completes is wanted at once. `feed` and `next` where frames are taken one by one, and the
 * bytes behind one may turn out to belong to another codec.
 *
 * **Shapes**
 *
 * - `feed(chunk)` hands any number of bytes over (none is fine). The decoder keeps views of the chunk: the caller must not write to
 *   it afterwards.
 * - `lend(chunk)` is `feed` for a chunk that is about to be written to again: what is kept or given of it is copied. `false`: it was not
 *   taken, because that would copy more than a copy of the chunk does; feed one. Call `settle()` before the memory is written to: it
 *   copies what was not read yet, and so does `detach()`. Both may be missing: then there is only `feed`. A decoder at rest has
 *   nothing to settle.
 * - `next()` gives the next frame or error in stream order; `undefined`: what was fed holds no further one. No byte behind the
 *   frame that it gives is looked at.
 * - `push(chunk)` is `feed`, then `next` until there is nothing more.
 * - `end()` says that no byte will follow (EOF), and returns everything that is still to come. A second call returns nothing.
 * - `peek(count)` copies the first bytes that belong to no frame given so far, `count` at most; nothing is taken.
 * - `detach()` gives all bytes that belong to no frame given so far, and closes the decoder: feed them to the next one to switch the
 *   codec. Bytes of a frame that is being skipped are gone, and what has not come of it yet is still part of it: wait for the next
 *   frame, or for `inFrame` to be false, before switching behind an error.
 * - `setMaxLength(bytes)` changes the codec's maximum from the next frame on; a frame that has begun goes by the old one. `null` and
 *   `Infinity`: no limit. Throws `InvalidCodecOptions` for anything but a whole number, 1 or more.
 * - `pendingBytes` counts the bytes that are held and belong to no frame yet. `inFrame` tells whether a frame has begun and has not
 *   ended; one that is skipped because it is too long is none that is held, but it is one that has begun.
 * - `position` is the offset in the stream of the first byte of the frame in progress, or of the next one; `lastPosition` that of the
 *   first byte of what `next` gave last.
 * - `atRest()` tells whether it is as new but for its position: in between two frames, with no byte held, its first maximum, not closed; `end()`
 *   would give nothing. Then `begin(position)` has it go on with another stream, at that offset. Both may be missing: then what it has
 *   seen may count for what comes. Who adds a state to a decoder has it say `false`.
 * - `closed` is true after `end`, `detach` and a fatal error; from then on nothing is given, and what is fed is dropped.
 *
 * @see `FramingDecoder` for an implementation that leaves only the framing itself to write
 * @category models
 * @since 0.1.0
 */
export interface Decoder<out Frame> {
  readonly feed: (chunk: Uint8Array) => void
  readonly lend?: (chunk: Uint8Array) => boolean
  readonly settle?: () => void
  readonly next: () => Decoded<Frame> | undefined
  readonly push: (chunk: Uint8Array) => ReadonlyArray<Decoded<Frame>>
  readonly end: () => ReadonlyArray<Decoded<Frame>>
  readonly peek: (count: number) => Uint8Array
  readonly detach: () => Uint8Array
  readonly setMaxLength: (bytes: number | null) => void
  readonly atRest?: () => boolean
  readonly begin?: (position: number) => void
  readonly pendingBytes: number
  readonly inFrame: boolean
  readonly position: number
  readonly lastPosition: number
  readonly closed: boolean
}

/**
 * The sending half of a codec.
 *
 * **Shapes**
 *
 * - `encode(frame)` returns the bytes of one whole frame.
 * - `encodeAll(frames)` returns the bytes of all of them, in order, as a list for one `writev`: small frames share a piece, large
 *   ones are not copied, and must not be written to until they were sent.
 *
 * **Errors**
 *
 * - Both return a {@link FrameError} for what the decoder of the other side would refuse or change, and then no byte of any frame.
 *
 * @see `layoutEncoder` for an implementation that leaves only the framing itself to write
 * @category models
 * @since 0.1.0
 */
export interface Encoder<in Frame> {
  readonly encode: (frame: Frame) => Uint8Array | FrameError
  readonly encodeAll: (frames: Iterable<Frame>) => ReadonlyArray<Uint8Array> | FrameError
}

/**
 * A framing codec: makes the decoders and encoders of connections.
 *
 * **When to use**
 *
 * Hand it to `Handler.frames`, or drive `decoder()` by hand over any source of chunks.
 *
 * **Shapes**
 *
 * - `In` is what the decoder gives, `Out` what the encoder takes; for most codecs they are the same type.
 * - `name` stands in logs and errors. `explain()` says in words what the codec's options mean.
 * - `verbatim`: a frame is what stood in the stream, whole: who passes a frame on as it came sends the same bytes without encoding it, and
 *   without the encoder's look at it. `false` unless told. Who gives a codec another encoder (`{ ...codec, encoder }`) says `false`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Codec<in out In, in out Out = In> {
  readonly name: string
  readonly explain: () => string
  readonly decoder: () => Decoder<In>
  readonly encoder: () => Encoder<Out>
  readonly verbatim?: boolean
}
