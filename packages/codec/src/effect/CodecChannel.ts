/**
 * Codecs as Effect channels: chunks to frames, frames to chunks.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type { Codec, Decoded } from "../Codec.ts"
import { FrameError } from "../FrameError.ts"

/** One array of elements that a channel gives at once. */
type Batch<A> = Arr.NonEmptyReadonlyArray<A>

/**
 * What becomes of frame errors after which the decoder goes on.
 *
 * **Shapes**
 *
 * - `onError`: `"fail"` (default): the channel fails with the first of them. `"skip"`: `onSkip` is told, and the next frame is
 *   decoded. `"emit"`: they are elements, in their places among the frames.
 * - `onSkip`: an effect for each that is skipped, run before the frames behind it come; default: a log entry of level `Debug`, as
 *   a peer decides how many there are. Its failure is the channel's.
 * - A fatal error fails the channel, whatever is said here.
 *
 * @category options
 * @since 0.1.0
 */
export type DecodeOptions<E = never, R = never> = FailOrSkip<E, R> | { readonly onError: "emit" }

/**
 * {@link DecodeOptions} with which the channel gives frames and nothing else.
 *
 * @category options
 * @since 0.1.0
 */
export type FailOrSkip<E = never, R = never> =
  | { readonly onError?: "fail" | undefined }
  | { readonly onError: "skip"; readonly onSkip?: ((error: FrameError) => Effect.Effect<unknown, E, R>) | undefined }

/**
 * A channel that decodes; `E` and `R` are those of `onSkip`.
 *
 * @category models
 * @since 0.1.0
 */
export type Decoding<A, IE, Done, E = never, R = never> = Channel.Channel<
  Batch<A>,
  IE | E | FrameError,
  Done,
  Batch<Uint8Array>,
  IE,
  Done,
  R
>

/**
 * The channel that decodes chunks.
 *
 * **When to use**
 *
 * For a byte channel such as `Socket.toChannel`, with {@link duplex}; with streams, `CodecStream.decode`. `Handler.frames` needs
 * neither, and drains and answers in order besides.
 *
 * **Shapes**
 *
 * - Arrays of chunks in; arrays of all the frames in them out, before the next array is asked for. The upstream's end is EOF, and its
 *   value is passed on.
 * - A new decoder for each run. Chunks must not be written to afterwards, and frames are views of them: see `Decoder`.
 *
 * **Errors**
 *
 * - A {@link FrameError} as {@link DecodeOptions} say, after every frame before it; the upstream's failures, as they come, after every
 *   frame before them.
 * - EOF inside a frame fails with `truncated`, unless the codec's `onPartialEof` says otherwise: half a message is never taken for a
 *   whole one.
 *
 * **Interruption**
 *
 * - Only while it waits for the upstream or runs `onSkip`. What was decoded and not taken is lost with the channel, like the bytes of
 *   an unfinished frame.
 *
 * **Limits**
 *
 * - It holds one array of chunks and the decoder's own bound. No fiber, no queue: what is not pulled stays upstream.
 *
 * @category constructors
 * @source FF-73
 * @since 0.1.0
 */
export function decode<In, Out>(
  codec: Codec<In, Out>,
  options: { readonly onError: "emit" }
): <IE = never, Done = unknown>() => Decoding<Decoded<In>, IE, Done>
export function decode<In, Out, E = never, R = never>(
  codec: Codec<In, Out>,
  options?: FailOrSkip<E, R>
): <IE = never, Done = unknown>() => Decoding<In, IE, Done, E, R>
export function decode<In, Out, E, R>(
  codec: Codec<In, Out>,
  options?: DecodeOptions<E, R>
): <IE = never, Done = unknown>() => Decoding<Decoded<In>, IE, Done, E, R>
export function decode<In, Out, E, R>(
  codec: Codec<In, Out>,
  options: DecodeOptions<E, R> = {}
): <IE = never, Done = unknown>() => Decoding<Decoded<In>, IE, Done, E, R> {
  return <IE, Done>() =>
    Channel.fromTransform((upstream: Pull.Pull<Batch<Uint8Array>, IE, Done>) =>
      Effect.sync(() => decodingPull(codec, options, upstream))
    )
}

const decodingPull = <In, Out, E, R, IE, Done>(
  codec: Codec<In, Out>,
  options: DecodeOptions<E, R>,
  upstream: Pull.Pull<Batch<Uint8Array>, IE, Done>
): Pull.Pull<Batch<Decoded<In>>, IE | E | FrameError, Done, R> => {
  const decoder = codec.decoder()
  const skipped = options.onError === "skip" ? (options.onSkip ?? logSkipped) : undefined
  const isGiven = (one: Decoded<In>): boolean =>
    !(one instanceof FrameError) || (options.onError === "emit" && !one.fatal)
  let found: ReadonlyArray<Decoded<In>> = []
  let at = 0
  let ended: { readonly value: Done } | undefined

  const hold = (more: ReadonlyArray<Decoded<In>>): void => {
    found = more
    at = 0
  }
  const pull: Pull.Pull<Batch<Decoded<In>>, IE | E | FrameError, Done, R> = Effect.suspend(() => {
    const given = takeWhile(found, at, isGiven)
    at += given.length
    if (Arr.isReadonlyArrayNonEmpty(given)) return Effect.succeed(given)
    const error = found[at]
    if (error instanceof FrameError) {
      // It stays where it is unless it is skipped: pulled again, the channel fails again.
      if (skipped === undefined || error.fatal) return Effect.fail(error)
      at++
      return Effect.andThen(skipped(error), pull)
    }
    if (ended !== undefined) return Cause.done(ended.value)
    return Pull.matchEffect(upstream, {
      onSuccess: (chunks) => {
        hold(chunks.length === 1 ? decoder.push(chunks[0]) : chunks.flatMap((chunk) => decoder.push(chunk)))
        return pull
      },
      onFailure: Effect.failCause,
      onDone: (value) => {
        ended = { value }
        hold(decoder.end())
        return pull
      }
    })
  })
  return pull
}

const logSkipped = (error: FrameError): Effect.Effect<void> => Effect.logDebug(`frame skipped: ${error.message}`)

const takeWhile = <A>(all: ReadonlyArray<A>, from: number, holds: (one: A) => boolean): ReadonlyArray<A> => {
  let end = from
  while (end < all.length && holds(all[end] as A)) end++
  return from === 0 && end === all.length ? all : all.slice(from, end)
}

/**
 * The channel that encodes frames.
 *
 * **Shapes**
 *
 * - Each array of frames is one array of chunks, ready for one `writev`; see `Encoder.encodeAll`. An array whose frames have no bytes
 *   gives nothing.
 *
 * **Errors**
 *
 * - A {@link FrameError} for the first frame that the codec refuses, after the bytes of every frame before it, however the frames
 *   were put into arrays; `frame` counts from 0 since the start of the channel.
 *
 * @category constructors
 * @since 0.1.0
 */
export const encode =
  <In, Out>(codec: Codec<In, Out>) =>
  <IE = never, Done = unknown>(): Channel.Channel<Batch<Uint8Array>, IE | FrameError, Done, Batch<Out>, IE, Done> =>
    Channel.fromTransform((upstream: Pull.Pull<Batch<Out>, IE, Done>) =>
      Effect.sync(() => encodingPull(codec, upstream))
    )

const encodingPull = <In, Out, IE, Done>(
  codec: Codec<In, Out>,
  upstream: Pull.Pull<Batch<Out>, IE, Done>
): Pull.Pull<Batch<Uint8Array>, IE | FrameError, Done> => {
  const encoder = codec.encoder()
  let refusal: FrameError | undefined
  let before = 0

  const bytesOf = (frames: Batch<Out>): ReadonlyArray<Uint8Array> => {
    const pieces = encoder.encodeAll(frames)
    if (!(pieces instanceof FrameError)) {
      before += frames.length
      return pieces
    }
    const index = pieces.frame ?? 0
    refusal = new FrameError({ ...pieces, frame: before + index })
    const accepted = encoder.encodeAll(frames.slice(0, index))
    return accepted instanceof FrameError ? [] : accepted
  }
  const pull: Pull.Pull<Batch<Uint8Array>, IE | FrameError, Done> = Effect.suspend(() =>
    refusal !== undefined
      ? Effect.fail(refusal)
      : Effect.flatMap(upstream, (frames) => {
          const bytes = bytesOf(frames)
          return Arr.isReadonlyArrayNonEmpty(bytes) ? Effect.succeed(bytes) : pull
        })
  )
  return pull
}

/**
 * A channel of bytes in both directions as one of frames.
 *
 * **When to use**
 *
 * Over `Socket.toChannel`, for a client or a peer that is a channel program.
 *
 * **Shapes**
 *
 * - Frames that go in are encoded for `self`, and what comes out of it is decoded: {@link encode} and {@link decode}.
 *
 * **Errors**
 *
 * - A frame that the codec refuses to encode fails `self`'s input with a {@link FrameError}.
 *
 * **Example** (Lines over a socket)
 *
 * ```ts
 * import * as CodecChannel from "@tidegate/codec/effect/CodecChannel"
 * import * as Line from "@tidegate/codec/Line"
 * import * as Socket from "effect/socket/Socket"
 *
 * const lines = Line.make({ encoding: "utf8" })
 * const framed = (socket: Socket.Socket) => CodecChannel.duplex(Socket.toChannel(socket), lines)
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const duplex = <In, Out, OutErr, OutDone, InErr, InDone, R>(
  self: Channel.Channel<Batch<Uint8Array>, OutErr, OutDone, Batch<Uint8Array>, InErr | FrameError, InDone, R>,
  codec: Codec<In, Out>
): Channel.Channel<Batch<In>, OutErr | FrameError, OutDone, Batch<Out>, InErr, InDone, R> =>
  Channel.pipeTo(Channel.pipeTo(encode(codec)<InErr, InDone>(), self), decode(codec)<OutErr, OutDone>())
