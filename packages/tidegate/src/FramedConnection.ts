/**
 * A connection whose input is frames and not bytes, for handlers that take them one after the other.
 *
 * @since 0.1.0
 */

import type { Codec } from "@tidegate/codec/Codec"
import { FrameError } from "@tidegate/codec/FrameError"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import type { Connection } from "./Connection.ts"
import { InvalidOptions, type TransportError } from "./Errors.ts"
import { FrameFailure, type LoopError } from "./FrameErrors.ts"
import { FrameLoop } from "./FrameLoop.ts"
import { encodeOne, type FrameFunction, Framing } from "./Framing.ts"
import type { FramesOptions } from "./Handler.ts"
import { print } from "./OptionChecks.ts"
import { RestingDecoders } from "./RestingDecoders.ts"
import { SequentialReader } from "./SequentialReader.ts"

/**
 * Options of a framed connection.
 *
 * **Shapes**
 *
 * - `onFrameError`: what `next` does where the codec has refused a frame and got over it. `skip`, the default: counts, logs, and
 *   goes on with the frame behind it. `fail`: fails; called again it goes on behind it.
 *
 * @category options
 * @since 0.1.0
 */
export interface FramedConnectionOptions {
  readonly onFrameError?: "skip" | "fail" | undefined
}

/**
 * A connection and a codec: frames in sequence.
 *
 * **When to use**
 *
 * Inside `Handler.connection`, for protocols that are a conversation: who speaks next, and in which codec, depends on what was said.
 * For request and reply `Handler.frames` is shorter, and faster.
 *
 * **Shapes**
 *
 * - There is one reader of frames a connection. `switchTo`, `detach` and `serve` pass the reading on, with everything that has
 *   arrived: no byte is lost or read twice. What has passed it on must not be used any more: it dies with `FramesGivenUp`.
 * - Switch behind a frame. While one is being skipped, as after an error that `onFrameError: "fail"` has let through, what is still to
 *   come of the bad frame is no frame of any codec: `switchTo` gives a connection whose every `next` fails with a fatal `FrameFailure`.
 *   `detach` gives that rest as bytes, and so does `peek`.
 * - The frame timeout counts, as in `Handler.frames`, from the first byte of a frame until it is whole, skipped frames included,
 *   while somebody waits for it.
 *
 * @see {@link make}
 * @category models
 * @source FF-40, P10, P12
 * @since 0.1.0
 */
export class FramedConnection<In, Out = In> {
  readonly connection: Connection
  private readonly reader: SequentialReader<In, Out>

  /** @internal */
  constructor(reader: SequentialReader<In, Out>) {
    this.connection = reader.connection
    this.reader = reader
  }

  /**
   * The next frame.
   *
   * **Shapes**
   *
   * - Done is the end of the input: the peer's FIN, or, in a drain, after what had arrived. `connection.isDraining` tells which.
   *
   * **Errors**
   *
   * - `FrameFailure`: the codec has refused a frame. After a fatal one every call fails so.
   * - `TransportError` with operation `read`: the connection is over.
   *
   * **Interruption**
   *
   * - While it waits nothing is lost, and the frame timeout goes on. A frame already taken can be lost if the fiber is interrupted
   *   before it uses it, as by a race that another effect wins in the same instant: where that matters, read in a fiber of its own.
   */
  get next(): Pull.Pull<In, FrameFailure | TransportError> {
    return this.reader.next
  }

  /**
   * Writes one frame, as `connection.write` does.
   *
   * **Errors**
   *
   * - `FrameFailure`: the other side would refuse it; nothing was sent.
   */
  write(frame: Out): Effect.Effect<void, FrameFailure | TransportError> {
    return Effect.suspend((): Effect.Effect<void, FrameFailure | TransportError> => {
      const { codec, connection, encoder } = this.reader.live("write")
      const bytes = encodeOne(encoder, codec, frame)
      return bytes instanceof FrameFailure ? Effect.fail(bytes) : connection.write(bytes)
    })
  }

  /**
   * Writes frames in one turn: nothing that others write comes between them.
   *
   * **Errors**
   *
   * - `FrameFailure`: the other side would refuse one of them, `error.frame` tells which; nothing of any was sent.
   */
  writeAll(frames: Iterable<Out>): Effect.Effect<void, FrameFailure | TransportError> {
    return Effect.suspend((): Effect.Effect<void, FrameFailure | TransportError> => {
      const { codec, connection, encoder } = this.reader.live("writeAll")
      const bytes = encoder.encodeAll(frames)
      return bytes instanceof FrameError
        ? Effect.fail(new FrameFailure({ operation: "encode", codec, error: bytes }))
        : connection.write(bytes)
    })
  }

  /**
   * Copies the first bytes behind the frames so far and takes none: enough to tell protocols apart.
   *
   * **Shapes**
   *
   * - Waits until there are `count`; fewer are all that there were before the input came to its end.
   *
   * **Limits**
   *
   * - So many bytes are kept in memory, whatever the codec's maximum.
   */
  peek(count: number): Effect.Effect<Uint8Array> {
    return Effect.suspend(() => {
      const { connection, source } = this.reader.live("peek")
      const bytes = source.peekUnsafe(count)
      const isAll = bytes.length >= count || source.isOver || connection.transport.inputEnd !== undefined
      return isAll ? Effect.succeed(bytes) : Effect.flatMap(connection.readable, () => this.peek(count))
    })
  }

  /** The codec's maximum from the next frame on; one that the codec does not allow is a defect. */
  setMaxLength(bytes: number | null): Effect.Effect<void> {
    return Effect.sync(() => this.reader.live("setMaxLength").setMaxLengthUnsafe(bytes))
  }

  /** From the next byte on another codec, with the same options; this one is given up. */
  switchTo<In2, Out2>(codec: Codec<In2, Out2>): Effect.Effect<FramedConnection<In2, Out2>> {
    return Effect.sync(() => {
      const { connection, options } = this.reader
      const decoders = new RestingDecoders(codec)
      const source = this.reader.giveUp("switchTo").switchUnsafe(decoders)
      return new FramedConnection(new SequentialReader(connection, codec, options, source))
    })
  }

  /** Back to bytes: what has arrived and belongs to no frame is what `connection.read` gives next; this is given up. */
  get detach(): Effect.Effect<Connection> {
    return Effect.sync(() => {
      this.reader.giveUp("detach").giveBackUnsafe()
      // Who reads bytes may find the end of a frame that was being skipped, and go on with frames behind it.
      this.connection.transport.cutFrameAt = undefined
      return this.connection
    })
  }

  /**
   * Goes on as `Handler.serveFrames` with the same codec, from the next frame on; this is given up.
   *
   * **Errors**
   *
   * - Those of the function, and of `Handler.frames`.
   */
  serve<E = never, R = never, E2 = never, R2 = never, E3 = never, R3 = never>(
    options: Omit<FramesOptions<In, Out, E2, R2>, "codec">,
    onFrame: FrameFunction<In, Out, E, R, E3, R3>
  ): Effect.Effect<void, E | E2 | E3 | LoopError, R | R2 | R3> {
    return Effect.suspend(() => {
      const { connection, framing: codec } = this.reader
      const source = this.reader.giveUp("serve")
      const framing = new Framing<In, Out, E | E2 | E3, R | R2 | R3>(source, { ...options, codec }, onFrame)
      return new FrameLoop(connection, framing).run
    })
  }
}

/**
 * Frames of a connection, in sequence.
 *
 * **Errors**
 *
 * - Options that are none, and a connection whose frames are read already, are mistakes of the program: it dies with
 *   `InvalidOptions` or `FramesTaken`.
 *
 * **Example** (A server that asks for a name before it serves)
 *
 * ```ts
 * import * as Line from "@tidegate/codec/Line"
 * import * as Effect from "effect/Effect"
 * import * as FramedConnection from "tidegate/FramedConnection"
 * import * as Handler from "tidegate/Handler"
 *
 * const greeter = Handler.connection(
 *   Effect.fnUntraced(function* (connection) {
 *     const lines = yield* FramedConnection.make(connection, Line.make({ encoding: "utf8" }))
 *     yield* lines.write("your name?")
 *     const name = yield* lines.next
 *     yield* lines.serve({}, (line) => Effect.succeed(`${name} says: ${line}`))
 *   })
 * )
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <In, Out>(
  connection: Connection,
  codec: Codec<In, Out>,
  options: FramedConnectionOptions = {}
): Effect.Effect<FramedConnection<In, Out>> =>
  Effect.sync(() => {
    const { onFrameError = "skip" } = options
    if (onFrameError !== "skip" && onFrameError !== "fail") {
      const issue = `onFrameError: got ${print(onFrameError)}, expected "skip" or "fail"`
      throw new InvalidOptions({ issue })
    }
    return new FramedConnection(new SequentialReader(connection, codec, options))
  })
