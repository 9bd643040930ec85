/**
 * The loop behind the framed handler: chunks to frames, frames to effects, effects to replies in admission order.
 *
 * The loop runs in two places. `advance` is synchronous and does everything that needs no waiting; it is called by the
 * connection's fiber, and directly by the transport when input arrives while the fiber is parked. Only when an effect has to be
 * run, a write has to wait or the loop ends is the fiber woken. Measured on Node 24 against a fiber that is woken for each
 * chunk: 1.12 instead of 1.06 times raw node:net with one message in flight, 1.23 instead of 1.12 with 32.
 */
import type { Decoded, Encoder } from "@tidegate/codec/Codec"
import { FrameError } from "@tidegate/codec/FrameError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Connection } from "./Connection.ts"
import type { FrameProgress } from "./ConnectionClock.ts"
import type { TransportError } from "./Errors.ts"
import { FrameFailure, type LoopError } from "./FrameErrors.ts"
import { FrameSource } from "./FrameSource.ts"
import { type Stop, stops } from "./FrameStop.ts"
import { sayGoodbye } from "./Goodbye.ts"
import type { FramesOptions } from "./Handler.ts"
import { ReplyQueue } from "./ReplyQueue.ts"
import { SkippedFrames } from "./SkippedFrames.ts"

/** Frames handled in one go before other fibers and connections get their turn. */
const framesPerTurn = 256

export class FrameLoop<In, Out, E, R> implements FrameProgress {
  private readonly connection: Connection
  private readonly options: FramesOptions<In, Out, E, R>
  private readonly onFrame: (frame: In, connection: Connection) => Effect.Effect<Out | void, E, R>
  private readonly source: FrameSource<In>
  private readonly encoder: Encoder<Out>
  private readonly replies: ReplyQueue<Out | void, E | LoopError>

  private unstarted: Effect.Effect<Out | void, E, R> | undefined
  private outgoing: Uint8Array | undefined
  private failure: Exit.Exit<never, E | LoopError> | undefined
  private skipped: SkippedFrames | undefined
  private wakeFiber: ((stop: Effect.Effect<Stop>) => void) | undefined
  private listening = false
  private advancing = false
  private interrupted = false

  constructor(
    connection: Connection,
    options: FramesOptions<In, Out, E, R>,
    onFrame: (frame: In, connection: Connection) => Effect.Effect<Out | void, E, R>
  ) {
    this.connection = connection
    this.options = options
    this.onFrame = onFrame
    this.source = new FrameSource(connection.transport, options.codec.decoder())
    this.encoder = options.codec.encoder()
    this.replies = new ReplyQueue(options.concurrency ?? 1)
  }

  /** The whole life of the loop, for the connection's fiber. */
  get run(): Effect.Effect<void, E | LoopError, R> {
    return Effect.suspend(() => {
      const { connection, replies } = this
      const owedOutside = connection.inFlight
      connection.inFlight = 0
      connection.clock?.servesUnsafe(this)
      return Effect.onExit(this.next(), () => {
        connection.inFlight = owedOutside
        connection.clock?.servesUnsafe(undefined)
        return replies.interruptAll
      })
    })
  }

  private next(): Effect.Effect<void, E | LoopError, R> {
    return Effect.flatMap(this.nextStop, this.onStop)
  }

  private readonly onStop = (stop: Stop): Effect.Effect<void, E | LoopError, R> => {
    switch (stop) {
      case "effect":
        return Effect.flatMap(this.start(), () => this.next())
      case "blocked":
        return Effect.flatMap(this.writeOutgoing(), () => this.next())
      case "turn":
        return Effect.flatMap(this.turn(), () => this.next())
      case "failed":
        return this.failure ?? Effect.void
      case "done":
        return sayGoodbye(this.connection, this.options, this.encoder)
      case "parked":
        return this.next()
    }
  }

  // --- parking ---

  private readonly nextStop: Effect.Effect<Stop> = Effect.callback<Stop>((resume) => {
    const stop = this.advanceSafely()
    if (stop !== "parked") {
      resume(stops[stop])
      return
    }
    this.wakeFiber = resume
    this.listen()
    return this.unpark
  })

  private readonly unpark: Effect.Effect<void> = Effect.sync(() => {
    this.interrupted = true
    this.wakeFiber = undefined
    this.unlisten()
  })

  /** Runs inside the transport's turn, outside any fiber. */
  private readonly onInput = (): void => {
    this.listening = false
    this.goOn()
  }

  /**
   * Goes on where input has come or a handler's fiber has ended.
   *
   * The user's function is called from here, and what it does may end a handler or the connection: the step under way then sees
   * the change itself, and a second one inside it would overtake it.
   */
  private goOn(): void {
    if (this.wakeFiber === undefined || this.advancing) return
    const stop = this.advanceSafely()
    const resume = this.wakeFiber
    if (resume === undefined) return
    if (stop === "parked") {
      this.listen()
      return
    }
    this.wakeFiber = undefined
    this.unlisten()
    resume(stops[stop])
  }

  private listen(): void {
    if (this.listening) {
      this.connection.clock?.waitUnsafe()
      return
    }
    this.listening = true
    this.connection.transport.onInputUnsafe(this.onInput)
  }

  private unlisten(): void {
    if (!this.listening) return
    this.listening = false
    this.connection.transport.offInputUnsafe(this.onInput)
  }

  // --- what its connection's clock asks ---

  get isWorking(): boolean {
    return this.replies.size > 0
  }

  get isReading(): boolean {
    return !this.replies.isClosed
  }

  get unfinishedFrame(): number {
    return this.source.unfinishedFrame
  }

  // --- the synchronous part ---

  /** Nothing may be thrown into the transport's turn, which serves other connections too. */
  private advanceSafely(): Stop {
    this.advancing = true
    try {
      return this.advance()
    } catch (defect) {
      return this.failWith(Exit.die(defect))
    } finally {
      this.advancing = false
    }
  }

  private advance(): Stop {
    const { replies, source } = this
    for (let handled = 0; ; ) {
      if (this.isCut) return this.failWith(Exit.fail(this.connection.transport.closedErrorUnsafe("write")))
      const waits = this.sendReady()
      if (waits !== undefined) return waits
      if (replies.isClosed) return "parked"
      if (source.isReadyUnsafe()) {
        if (handled++ === framesPerTurn) return "turn"
        const stop = this.admit(source.takeUnsafe())
        if (stop !== undefined) return stop
      } else if (source.failure !== undefined) {
        replies.push(source.failure)
      } else {
        return source.isOver && replies.size === 0 ? "done" : "parked"
      }
    }
  }

  /** Ended from inside: by an interruption of the fiber, or because this side has closed the connection. */
  private get isCut(): boolean {
    const { closeReason } = this.connection.transport
    return this.interrupted || closeReason === "reset-sent" || closeReason === "released"
  }

  /** Hands one frame to the user's function; a finished effect is taken as the value it is. */
  private admit(frame: Decoded<In>): Stop | undefined {
    if (frame instanceof FrameError) return this.refuse(frame)
    this.connection.framesIn++
    const effect = this.call(frame)
    if (!Exit.isExit(effect)) {
      this.unstarted = effect
      return "effect"
    }
    const exit = effect as Exit.Exit<Out | void, E>
    if (this.replies.size === 0) return this.send(exit)
    this.replies.push(exit)
    this.countInFlight()
    return undefined
  }

  private call(frame: In): Effect.Effect<Out | void, E, R> {
    try {
      return this.onFrame(frame, this.connection)
    } catch (defect) {
      return Effect.die(defect)
    }
  }

  private refuse(error: FrameError): Stop | undefined {
    if (!error.fatal) {
      this.skipped ??= new SkippedFrames(this.connection, this.options.codec.name)
      this.skipped.note(error)
      return "turn"
    }
    this.source.endUnsafe()
    this.replies.push(Exit.fail(this.frameFailure("decode", error)))
    return undefined
  }

  /** Writes the replies that stand first and are finished. */
  private sendReady(): Stop | undefined {
    for (let exit = this.replies.shiftReady(); exit !== undefined; exit = this.replies.shiftReady()) {
      const stop = this.send(exit)
      this.countInFlight()
      if (stop !== undefined) return stop
    }
    return undefined
  }

  private send(exit: Exit.Exit<Out | void, E | LoopError>): Stop | undefined {
    if (Exit.isFailure(exit)) return this.failWith(Exit.failCause(exit.cause))
    if (exit.value === undefined) return undefined
    const bytes = this.encoder.encode(exit.value)
    return bytes instanceof FrameError
      ? this.failWith(Exit.fail(this.frameFailure("encode", bytes)))
      : this.offer(bytes)
  }

  private offer(bytes: Uint8Array): Stop | undefined {
    const taken = this.connection.writer.offerUnsafe(bytes)
    this.outgoing = taken ? undefined : bytes
    return taken ? undefined : "blocked"
  }

  private frameFailure(operation: "decode" | "encode", error: FrameError): FrameFailure {
    return new FrameFailure({ operation, codec: this.options.codec.name, error })
  }

  private failWith(exit: Exit.Exit<never, E | LoopError>): Stop {
    this.failure = exit
    return "failed"
  }

  private countInFlight(): void {
    this.connection.inFlight = this.replies.size + (this.outgoing === undefined ? 0 : 1)
  }

  // --- the waiting part ---

  private start(): Effect.Effect<void, never, R> {
    const effect = this.unstarted ?? Effect.void
    this.unstarted = undefined
    const place = this.replies.reserve()
    this.countInFlight()
    if (this.replies.capacity === 1) return Effect.map(Effect.exit(effect), (exit) => this.replies.fill(place, exit))
    return Effect.map(Effect.forkChild(effect, { startImmediately: true }), (fiber) => {
      place.fiber = fiber
      fiber.addObserver((exit) => {
        this.replies.fill(place, exit)
        this.goOn()
      })
    })
  }

  private turn(): Effect.Effect<void> {
    return this.skipped === undefined ? Effect.yieldNow : Effect.andThen(this.skipped.report, Effect.yieldNow)
  }

  private writeOutgoing(): Effect.Effect<void, TransportError> {
    const bytes = this.outgoing
    if (bytes === undefined) return Effect.void
    this.countInFlight()
    return Effect.map(this.connection.writer.write(bytes), () => {
      this.outgoing = undefined
      this.countInFlight()
    })
  }
}
