/**
 * What a server does with its connections: the user's effect for a connection or for a frame.
 *
 * @since 0.1.0
 */
import type { Codec } from "@tidegate/codec/Codec"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Connection } from "./Connection.ts"
import type { LoopError } from "./FrameErrors.ts"
import { FrameLoop } from "./FrameLoop.ts"

/**
 * What a server runs for each connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface Handler<out E = never, out R = never> {
  readonly _tag: "Handler"
  readonly serve: (connection: Connection) => Effect.Effect<void, E, R>
  /** What is wrong with its options; a server refuses such a handler as `InvalidOptions`. */
  readonly invalid?: string | undefined
}

/**
 * Tells whether something is a {@link Handler}.
 *
 * @category guards
 * @since 0.1.0
 */
export const isHandler = (u: unknown): u is Handler<unknown, unknown> =>
  typeof u === "object" &&
  u !== null &&
  "_tag" in u &&
  u._tag === "Handler" &&
  "serve" in u &&
  typeof u.serve === "function"

/**
 * A handler that is one effect over the whole connection.
 *
 * **When to use**
 *
 * For protocols that are not "a frame in, a reply out": server-first greetings, streams, push. A plain function of the
 * connection, so it can be tested without a server.
 *
 * **Shapes**
 *
 * - The connection is closed by the server when the effect ends: its writes are flushed, then FIN, then a lingering close.
 * - The `Scope` in the effect's environment is the connection's: finalizers run when the effect ends, whatever ended it.
 * - In a drain, `connection.read` comes to its end after what had already arrived, so a loop that reads to the end drains by
 *   itself; one that does not can watch `connection.draining`.
 *
 * **Errors**
 *
 * - A failure or defect ends this connection only, and is logged once with its peer.
 *
 * **Interruption**
 *
 * - By hard shutdown, and at the drain's deadline. A peer's reset interrupts nothing: the next read or write fails.
 *
 * **Example**
 *
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Handler from "tidegate/Handler"
 *
 * const clock = Handler.connection((connection) =>
 *   connection.write(new TextEncoder().encode("12:00\n"))
 * )
 * ```
 *
 * @see {@link frames} for request and reply
 * @category constructors
 * @source S66, S67, S127
 * @since 0.1.0
 */
export const connection = <E, R>(
  serve: (connection: Connection) => Effect.Effect<unknown, E, R>
): Handler<E, Exclude<R, Scope.Scope>> => ({
  _tag: "Handler",
  serve: (connection) =>
    Effect.scoped(
      Effect.suspend(() => {
        connection.inFlight = 1
        return Effect.onExit(Effect.asVoid(serve(connection)), () => Effect.sync(() => void (connection.inFlight = 0)))
      })
    )
})

/**
 * Options of {@link frames}.
 *
 * **Shapes**
 *
 * - `concurrency`: frames of one connection that are handled at once; default 1. Replies leave in the order in which their
 *   frames came in, whatever finishes first. At the bound nothing more is read, so memory stays flat.
 * - `onDrain`: runs when a drain has let every admitted frame finish; the frame it gives, if any, is the last one the peer
 *   gets.
 *
 * @category options
 * @since 0.1.0
 */
export interface FramesOptions<In, Out, E = never, R = never> {
  readonly codec: Codec<In, Out>
  readonly concurrency?: number | undefined
  readonly onDrain?: ((connection: Connection) => Effect.Effect<NoInfer<Out> | void, E, R>) | undefined
}

/**
 * A handler that is a function of one frame, whose result is the reply.
 *
 * **When to use**
 *
 * For request and reply. It is the fast path: frames are taken a chunk at a time, an effect that is already finished
 * (`Effect.succeed`) is never run by a fiber, and the replies of a chunk leave in one write.
 *
 * **Shapes**
 *
 * - `undefined` as result: no reply. Further frames can be sent with `connection.write`.
 * - A function that acquires something per frame has to release it per frame: `Effect.scoped`. A `Scope` left open in its effect is
 *   that of the server's owner; for one per connection use {@link connection} with {@link serveFrames}.
 * - After the peer's FIN the frames already received are handled and answered before the connection is closed.
 *
 * **Errors**
 *
 * - A failure or defect of one frame ends this connection only: the replies of the frames before it are sent, the later ones
 *   are not handled; logged once with the peer.
 * - A frame error of the codec that is not fatal is skipped, and logged: the first of a connection as a warning, further ones at
 *   debug level.
 *
 * **Interruption**
 *
 * - By hard shutdown, and at the drain's deadline. A peer's reset interrupts nothing: the first reply that cannot be sent ends
 *   the loop. After `connection.abort` no further frame is handled.
 *
 * **Example**
 *
 * ```ts
 * import * as Line from "@tidegate/codec/Line"
 * import * as Effect from "effect/Effect"
 * import * as Handler from "tidegate/Handler"
 *
 * const shout = Handler.frames(
 *   { codec: Line.make({ encoding: "utf8" }) },
 *   (line) => Effect.succeed(line.toUpperCase())
 * )
 * ```
 *
 * @category constructors
 * @source S48, S49, S50, S57, S101
 * @since 0.1.0
 */
export const frames = <In, Out, E = never, R = never, E2 = never, R2 = never>(
  options: FramesOptions<In, Out, E2, R2>,
  onFrame: (frame: In, connection: Connection) => Effect.Effect<NoInfer<Out> | void, E, R>
): Handler<E | E2 | LoopError, R | R2> => ({
  _tag: "Handler",
  serve: (connection) => serveFrames(connection, options, onFrame),
  invalid: invalidFramesOptions(options)
})

const invalidFramesOptions = (options: { readonly concurrency?: number | undefined }): string | undefined => {
  const concurrency = options.concurrency ?? 1
  if (Number.isSafeInteger(concurrency) && concurrency >= 1) return undefined
  return `concurrency: got ${concurrency}, expected a whole number, 1 or more`
}

/**
 * The loop of {@link frames} as an effect, for handlers that do something else first.
 *
 * **When to use**
 *
 * Inside {@link connection}: greet, authenticate or set up state of the connection, then serve frames.
 *
 * **Shapes**
 *
 * - Ends when the input has ended and every reply was written; it does not flush or end the connection.
 *
 * @category running
 * @since 0.1.0
 */
export const serveFrames = <In, Out, E = never, R = never, E2 = never, R2 = never>(
  connection: Connection,
  options: FramesOptions<In, Out, E2, R2>,
  onFrame: (frame: In, connection: Connection) => Effect.Effect<NoInfer<Out> | void, E, R>
): Effect.Effect<void, E | E2 | LoopError, R | R2> =>
  Effect.suspend(() => new FrameLoop<In, Out, E | E2, R | R2>(connection, options, onFrame).run)
