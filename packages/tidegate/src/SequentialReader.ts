/**
 * What a framed connection is made of: the input as frames, and the codec that is in force until another one is.
 *
 * @since 0.1.0
 */

import type { Codec, Encoder } from "@tidegate/codec/Codec"
import { FrameError } from "@tidegate/codec/FrameError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pull from "effect/Pull"
import type { Connection } from "./Connection.ts"
import type { TransportError } from "./Errors.ts"
import type { FramedConnectionOptions } from "./FramedConnection.ts"
import { type FrameFailure, FramesGivenUp } from "./FrameErrors.ts"
import { beginReading, endReading, type FrameReader } from "./FrameReader.ts"
import { FrameSource } from "./FrameSource.ts"
import { refusedFramesOf } from "./RefusedFrames.ts"
import { RestingDecoders } from "./RestingDecoders.ts"

/** Frames skipped in a row before other fibers and connections get their turn. */
const skippedPerTurn = 256

export class SequentialReader<In, Out> implements FrameReader {
  readonly connection: Connection
  readonly framing: Codec<In, Out>
  readonly options: FramedConnectionOptions
  readonly source: FrameSource<In>
  readonly encoder: Encoder<Out>
  private givenUpBy: string | undefined
  private skipped = 0
  /** A handler of the whole connection is not asked what it owes: its time is its own. */
  readonly isWorking = false
  readonly isReading = true

  /** Throws `FramesTaken`. */
  constructor(
    connection: Connection,
    framing: Codec<In, Out>,
    options: FramedConnectionOptions,
    source = new FrameSource(connection.transport, new RestingDecoders(framing))
  ) {
    this.connection = connection
    this.framing = framing
    this.options = options
    this.source = source
    this.encoder = framing.encoder()
    beginReading(connection, this)
  }

  get codec(): string {
    return this.framing.name
  }

  get unfinishedFrame(): number {
    return this.source.unfinishedFrame
  }

  setMaxLengthUnsafe(bytes: number | null): void {
    this.source.setMaxLengthUnsafe(bytes)
  }

  /** Throws `FramesGivenUp`. */
  live(operation: string): this {
    const { codec, givenUpBy } = this
    if (givenUpBy !== undefined) throw new FramesGivenUp({ operation, codec, by: givenUpBy })
    return this
  }

  /** What has arrived is for who comes next; throws `FramesGivenUp`. */
  giveUp(operation: string): FrameSource<In> {
    const { connection, source } = this.live(operation)
    this.givenUpBy = operation
    endReading(connection)
    return source
  }

  readonly next: Pull.Pull<In, FrameFailure | TransportError> = Effect.suspend(() => {
    const { connection, source } = this.live("next")
    const found = source.nextUnsafe()
    if (found instanceof FrameError) return this.refuse(found)
    if (found === undefined) return this.reported(this.nothing())
    connection.framesIn++
    return this.reported(Effect.succeed(found))
  })

  private nothing(): Pull.Pull<In, FrameFailure | TransportError> {
    const { connection, source } = this
    if (source.failure !== undefined) return source.failure
    return source.isOver ? Cause.done() : Effect.flatMap(connection.readable, () => this.next)
  }

  private refuse(error: FrameError): Pull.Pull<In, FrameFailure | TransportError> {
    const { codec, connection, options, source } = this
    const refused = { codec, error, origin: source.origin }
    if (error.fatal || options.onFrameError === "fail") {
      const failure = Exit.fail(refusedFramesOf(connection).refuse(refused))
      if (error.fatal) source.endUnsafe(failure)
      return this.reported(failure)
    }
    refusedFramesOf(connection).skip(refused)
    return ++this.skipped % skippedPerTurn === 0 ? this.reported(this.turn) : this.next
  }

  private get turn(): Pull.Pull<In, FrameFailure | TransportError> {
    return Effect.flatMap(Effect.yieldNow, () => this.next)
  }

  /** Frames that were skipped one behind the other are one line. */
  private reported<A, E>(then: Effect.Effect<A, E>): Effect.Effect<A, E> {
    const { refused } = this.connection
    return refused?.hasUntold === true ? Effect.andThen(refused.report, then) : then
  }
}
