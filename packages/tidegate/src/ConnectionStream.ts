/**
 * A connection's input as a `Stream`, for handlers that are stream programs.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Connection } from "./Connection.ts"
import type { TransportError } from "./Errors.ts"
import type { FramedConnection } from "./FramedConnection.ts"
import type { FrameFailure } from "./FrameErrors.ts"

/**
 * The chunks of a connection until the end of its input: the peer's FIN, or what had arrived when a drain began.
 *
 * **Errors**
 *
 * - `TransportError` with operation `read`: the connection is over.
 *
 * **Interruption**
 *
 * - A chunk already pulled and not yet processed is lost.
 *
 * **Example**
 *
 * ```ts
 * import * as Stream from "effect/Stream"
 * import * as ConnectionStream from "tidegate/ConnectionStream"
 * import * as Handler from "tidegate/Handler"
 *
 * const echo = Handler.connection((connection) =>
 *   Stream.runForEach(ConnectionStream.chunks(connection), (chunk) => connection.write(chunk))
 * )
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const chunks = (connection: Connection): Stream.Stream<Uint8Array, TransportError> =>
  Stream.fromPull(Effect.succeed(Effect.map(connection.read, (chunk) => [chunk] as const)))

/**
 * The frames of a framed connection until the end of its input.
 *
 * **Shapes**
 *
 * - One frame at a time: nothing behind a frame is decoded before the next one is asked for. A stream that stops early
 *   (`Stream.take`) leaves the rest to `next`, or to whatever the framed connection is passed on to.
 *
 * **Errors**
 *
 * - Those of `FramedConnection.next`.
 *
 * **Interruption**
 *
 * - A frame already pulled and not yet processed is lost.
 *
 * @category conversions
 * @since 0.1.0
 */
export const frames = <In, Out>(framed: FramedConnection<In, Out>): Stream.Stream<In, FrameFailure | TransportError> =>
  Stream.fromPull(Effect.succeed(Effect.map(framed.next, (frame) => [frame] as const)))
