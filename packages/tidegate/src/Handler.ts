/**
 * What a server does with its connections: the user's effect for a connection or for a frame.
 *
 * @since 0.1.0
 */

import type { Codec } from "@tidegate/codec/Codec"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Connection } from "./Connection.ts"
import { InvalidOptions } from "./Errors.ts"
import type { LoopError } from "./FrameErrors.ts"
import { type FiberlessLoop, FrameLoop } from "./FrameLoop.ts"
import { FrameSource } from "./FrameSource.ts"
import { Switch } from "./FrameSwitch.ts"
import { type FrameFunction, Framing, invalidFramesOptions } from "./Framing.ts"
import { RestingDecoders } from "./RestingDecoders.ts"

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
  /** @internal */
  readonly fiberless?: Fiberless<E, R> | undefined
}

/** What `serve` does, as far as it goes without a fiber. */
interface Fiberless<out E, out R> {
  readonly loopOf: (connection: Connection) => FiberlessLoop<E, R>
  /** It stands for this one only: who has copied a handler to put another `serve` in wants that one to be run. */
  readonly serve: Handler<E, R>["serve"]
}

/** @internal The loop of a handler that needs a fiber only for what its frames come to; `undefined`: it is an effect as a whole. */
export const loopOf = <E, R>(
  { fiberless, serve }: Handler<E, R>,
  connection: Connection
): FiberlessLoop<E, R> | undefined => (fiberless?.serve === serve ? fiberless.loopOf(connection) : undefined)

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
 * - A frame that is returned as it came, of a codec that is `verbatim`, is sent as it is: one that was changed in place is not checked.
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
 * - `maxFrameLength`: the longest frame that is taken at first, as the codec counts it; default: the codec's own maximum.
 *   `connection.setMaxFrameLength` changes it.
 * - `onDrain`: runs when a drain has let every admitted frame finish; the frame it gives, if any, is the last one the peer
 *   gets.
 *
 * @category options
 * @since 0.1.0
 */
export interface FramesOptions<In, Out, E = never, R = never> {
  readonly codec: Codec<In, Out>
  readonly concurrency?: number | undefined
  readonly maxFrameLength?: number | null | undefined
  readonly onDrain?: ((connection: Connection) => Effect.Effect<NoInfer<Out> | void, E, R>) | undefined
}

/**
 * A handler that is a function of one frame, whose result is the reply.
 *
 * **When to use**
 *
 * For request and reply. It is the fast path: the frames of a chunk are handled in one turn, an effect that is already finished
 * (`Effect.succeed`) is never run by a fiber, and the replies of a chunk leave in one write.
 *
 * **Shapes**
 *
 * - `undefined` as result: no reply. Further frames can be sent with `connection.write`.
 * - {@link switchTo} as result: another codec and function, from the next frame on.
 * - With a `concurrency` of 1 nothing behind a frame is decoded before its reply is finished, so that what it changes, such as
 *   `connection.setMaxFrameLength`, counts from the very next frame.
 * - Bytes given as a reply must not be changed afterwards: large ones are sent without a copy.
 * - A connection has no fiber until there is something for it to run: an effect that is not finished, a write that waits for room. One that
 *   was only ever answered with finished effects has none in its whole life, and holds about half the memory.
 * - A function that acquires something per frame has to release it per frame: `Effect.scoped`. A `Scope` left open in its effect is
 *   that of the server's owner; for one per connection use {@link connection} with {@link serveFrames}.
 * - After the peer's FIN the frames already received are handled and answered before the connection is closed.
 *
 * **Errors**
 *
 * - A failure or defect of one frame ends this connection only: the replies of the frames before it are sent, the later ones
 *   are not handled; logged once with the peer.
 * - A frame that its codec refuses is counted in `info.frameErrors` and told as `FrameRefused`. A fatal error ends the connection; any
 *   other is skipped, and logged: the first time as a warning, then at debug level, and one line for all that come in one turn.
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
export const frames = <In, Out, E = never, R = never, E2 = never, R2 = never, E3 = never, R3 = never>(
  options: FramesOptions<In, Out, E2, R2>,
  onFrame: FrameFunction<In, NoInfer<Out>, E, R, E3, R3>
): Handler<E | E2 | E3 | LoopError, R | R2 | R3> => {
  let decoders: RestingDecoders<In> | undefined
  const loopOf = (connection: Connection): FrameLoop<E | E2 | E3, R | R2 | R3> => {
    decoders ??= new RestingDecoders(options.codec)
    return frameLoop(connection, decoders, options, onFrame)
  }
  const serve = (connection: Connection) => Effect.suspend(() => loopOf(connection).run)
  return { _tag: "Handler", serve, invalid: invalidFramesOptions(options), fiberless: { loopOf, serve } }
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
 * **Interruption**
 *
 * - Running handlers are interrupted and awaited. What has arrived and was not handed over is what `connection.read` gives next.
 *   In the middle of a frame that is skipped that is the rest of the bad one: serving frames again fails then, with a fatal
 *   `FrameFailure`.
 *
 * @category running
 * @since 0.1.0
 */
export const serveFrames = <In, Out, E = never, R = never, E2 = never, R2 = never, E3 = never, R3 = never>(
  connection: Connection,
  options: FramesOptions<In, Out, E2, R2>,
  onFrame: FrameFunction<In, NoInfer<Out>, E, R, E3, R3>
): Effect.Effect<void, E | E2 | E3 | LoopError, R | R2 | R3> =>
  Effect.suspend(() => frameLoop(connection, new RestingDecoders(options.codec), options, onFrame).run)

const frameLoop = <In, Out, E, R, E2, R2, E3, R3>(
  connection: Connection,
  decoders: RestingDecoders<In>,
  options: FramesOptions<In, Out, E2, R2>,
  onFrame: FrameFunction<In, NoInfer<Out>, E, R, E3, R3>
): FrameLoop<E | E2 | E3, R | R2 | R3> => {
  const source = new FrameSource(connection.transport, decoders)
  return new FrameLoop(connection, new Framing<In, Out, E | E2 | E3, R | R2 | R3>(source, options, onFrame))
}

/**
 * The result of a frame that says: from the next frame on, another codec and another function.
 *
 * **When to use**
 *
 * In a protocol whose frames tell what comes next: a header that announces a body, a line that asks for another protocol.
 *
 * **Shapes**
 *
 * - The first byte behind the frame is the first one of the new codec, also where it came in the same chunk.
 * - `reply` is sent by the codec so far, behind all replies that are owed before it.
 * - The new options are in force as a whole: `concurrency`, `onDrain`, and the codec's own maximum.
 *
 * **Errors**
 *
 * - Under options with a `concurrency` above 1 the handler fails with `SwitchRefused`: frames behind this one may be handled already.
 * - Options that are refused are thrown as `InvalidOptions`.
 *
 * **Example** (A line in front of each message says how long it is)
 *
 * ```ts
 * import * as FixedLength from "@tidegate/codec/FixedLength"
 * import * as Line from "@tidegate/codec/Line"
 * import * as Effect from "effect/Effect"
 * import * as Handler from "tidegate/Handler"
 *
 * const size = Line.make({ encoding: "utf8", maxLength: 8 })
 * const upload = Handler.frames({ codec: size }, (line) =>
 *   Effect.succeed(
 *     Handler.switchTo({ codec: FixedLength.make({ length: Number(line) }) }, (body) => Effect.succeed(body), "go ahead")
 *   )
 * )
 * ```
 *
 * @see `FramedConnection` for protocols that are easier told in sequence
 * @category constructors
 * @source P12
 * @since 0.1.0
 */
export const switchTo = <In, Out, E = never, R = never, E2 = never, R2 = never, E3 = never, R3 = never, Reply = never>(
  options: FramesOptions<In, Out, E2, R2>,
  onFrame: FrameFunction<In, NoInfer<Out>, E, R, E3, R3>,
  reply?: Reply
): Switch<Reply, E | E2 | E3, R | R2 | R3> => {
  const issue = invalidFramesOptions(options)
  if (issue !== undefined) throw new InvalidOptions({ issue })
  return new Switch(options.codec.name, reply, (source) => {
    const next = source.switchUnsafe(new RestingDecoders(options.codec))
    return new Framing<In, Out, E | E2 | E3, R | R2 | R3>(next, options, onFrame)
  })
}

export type { Switch } from "./FrameSwitch.ts"
