/**
 * Codecs as transformations of Effect streams.
 *
 * @since 0.1.0
 */
import * as Stream from "effect/Stream"
import type { Codec, Decoded } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import * as CodecChannel from "./CodecChannel.ts"

/**
 * Decodes a stream of chunks into a stream of frames.
 *
 * **When to use**
 *
 * For programs that are streams: a file, a child's output, a connection's chunks. A server's handler of frames is `Handler.frames`.
 *
 * **Shapes**
 *
 * - The frames of each array of chunks are one array, before the next is pulled. The stream's end is EOF.
 * - `options`: `CodecChannel.DecodeOptions`. With `onError: "emit"` the elements are frames and frame errors.
 *
 * **Errors**
 *
 * - `FrameError` at its place behind the frames before it; `truncated` where the stream ends inside a frame.
 *
 * **Interruption**
 *
 * - What was decoded and not taken is lost with the stream, so a consumer that stops early (`Stream.take`) leaves no rest to anyone
 *   else. To switch codecs, drive a `Decoder` and `detach` it.
 *
 * **Example** (Messages of a stream, bad lines apart)
 *
 * ```ts
 * import * as CodecStream from "@tidegate/codec/effect/CodecStream"
 * import * as Ndjson from "@tidegate/codec/effect/Ndjson"
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import * as Stream from "effect/Stream"
 *
 * const codec = Ndjson.make(Schema.Struct({ id: Schema.Int }))
 * const ids = (chunks: Stream.Stream<Uint8Array>) =>
 *   chunks.pipe(
 *     CodecStream.decode(codec, { onError: "skip", onSkip: (error) => Effect.logWarning(error.message) }),
 *     Stream.map(({ id }) => id)
 *   )
 * ```
 *
 * @see `CodecChannel.decode` for back-pressure and bounds
 * @category conversions
 * @source FF-73
 * @since 0.1.0
 */
export function decode<In, Out>(
  codec: Codec<In, Out>,
  options: { readonly onError: "emit" }
): <E, R>(chunks: Stream.Stream<Uint8Array, E, R>) => Stream.Stream<Decoded<In>, E | FrameError, R>
export function decode<In, Out, E2 = never, R2 = never>(
  codec: Codec<In, Out>,
  options?: CodecChannel.FailOrSkip<E2, R2>
): <E, R>(chunks: Stream.Stream<Uint8Array, E, R>) => Stream.Stream<In, E | E2 | FrameError, R | R2>
export function decode<In, Out, E2, R2>(
  codec: Codec<In, Out>,
  options?: CodecChannel.DecodeOptions<E2, R2>
): <E, R>(chunks: Stream.Stream<Uint8Array, E, R>) => Stream.Stream<Decoded<In>, E | E2 | FrameError, R | R2> {
  return <E, R>(chunks: Stream.Stream<Uint8Array, E, R>) =>
    Stream.pipeThroughChannel(chunks, CodecChannel.decode<In, Out, E2, R2>(codec, options)<E>())
}

/**
 * Encodes a stream of frames into a stream of chunks.
 *
 * **Shapes**
 *
 * - Each array of frames is one array of chunks, ready for one `writev`: `Stream.runForEachArray` sees them together.
 *
 * **Errors**
 *
 * - `FrameError` for the first frame that the codec refuses, after the bytes of those before it.
 *
 * @see `CodecChannel.encode`
 * @category conversions
 * @since 0.1.0
 */
export const encode =
  <In, Out>(codec: Codec<In, Out>) =>
  <E, R>(frames: Stream.Stream<Out, E, R>): Stream.Stream<Uint8Array, E | FrameError, R> =>
    Stream.pipeThroughChannel(frames, CodecChannel.encode(codec)<E>())
