/**
 * The loop behind the framed handler: chunks to frames, frames to effects, effects to replies in admission order.
 *
 * `advance` is synchronous and does everything that needs no waiting; where it is called from stands in `FrameParking`.
 */
import { FrameError } from "@tidegate/codec/FrameError"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Connection } from "./Connection.ts"
import type { TransportError } from "./Errors.ts"
import { FrameFailure, type LoopError, SwitchRefused } from "./FrameErrors.ts"
import { FrameParking } from "./FrameParking.ts"
import { beginReading, endReading, type FrameReader } from "./FrameReader.ts"
import type { Stop } from "./FrameStop.ts"
import { Switch } from "./FrameSwitch.ts"
import type { AnyFraming } from "./Framing.ts"
import { type RefusedFrames, refusedFramesOf } from "./RefusedFrames.ts"
import { ReplyQueue } from "./ReplyQueue.ts"
import type { FrameBytes } from "./Writer.ts"

/** Frames handled in one go, those that are skipped too, before other fibers and connections get their turn. */
const framesPerTurn = 256

// To ask `Exit.isExit` is 4 % of a frame in a profile (Node 24); what is an exit of another kind is run, to the same end.
const successes: unknown = Object.getPrototypeOf(Exit.void)
const failures: unknown = Object.getPrototypeOf(Exit.fail(undefined))
const hasSucceeded = (effect: object): effect is Exit.Success<unknown> => Object.getPrototypeOf(effect) === successes
const hasFailed = <E>(effect: object): effect is Exit.Failure<never, E> => Object.getPrototypeOf(effect) === failures

/** What follows on the end of an effect; made once for a loop that runs any. */
interface Continuations<E, R> {
  readonly onSuccess: (value: unknown) => Effect.Effect<void, E | LoopError, R>
  readonly onFailure: (cause: Cause.Cause<E>) => Effect.Effect<void, E | LoopError, R>
}

export class FrameLoop<E, R> extends FrameParking<E | LoopError, R> implements FrameReader {
  private framing: AnyFraming<E, R>
  private readonly replies: ReplyQueue<unknown, E | LoopError>
  private refused: RefusedFrames | undefined

  private unstarted: Effect.Effect<unknown, E, R> | undefined
  /** One effect after the other is run by the loop's own fiber. */
  private running = false
  /** The frame that it was made for. */
  private answering: unknown
  private finished: Exit.Exit<unknown, E> | undefined
  private onFinished: Continuations<E, R> | undefined
  private outgoing: FrameBytes | undefined
  private failure: Exit.Exit<never, E | LoopError> | undefined

  constructor(connection: Connection, framing: AnyFraming<E, R>) {
    super(connection)
    this.framing = framing
    this.replies = new ReplyQueue(framing.concurrency)
  }

  /** The whole life of the loop, for the connection's fiber; what it has not handled is left to whoever reads the connection next. */
  get run(): Effect.Effect<void, E | LoopError, R> {
    return Effect.suspend(() => {
      const { connection, replies } = this
      beginReading(connection, this)
      const owedOutside = connection.inFlight
      connection.inFlight = 0
      // Not run before there is somebody to clean up behind it: the handler's functions are called from here, and may throw.
      return Effect.onExit(
        Effect.suspend(() => this.proceed()),
        () => {
          connection.inFlight = owedOutside
          endReading(connection)
          this.framing.source.giveBackUnsafe()
          return replies.interruptAll
        }
      )
    })
  }

  protected after(stop: Exclude<Stop, "parked">): Effect.Effect<void, E | LoopError, R> {
    switch (stop) {
      case "effect":
        return this.start()
      case "blocked":
        return Effect.flatMap(this.writeOutgoing(), () => this.proceed())
      case "turn":
        return Effect.flatMap(this.turn(), () => this.proceed())
      case "failed":
        return this.reported(this.failure ?? Effect.void)
      case "done":
        return this.reported(this.framing.goodbye(this.connection))
    }
  }

  // --- what others ask ---

  get isWorking(): boolean {
    return this.running || this.replies.size > 0
  }

  get isReading(): boolean {
    return !this.running && !this.replies.isClosed
  }

  get unfinishedFrame(): number {
    return this.framing.source.unfinishedFrame
  }

  get codec(): string {
    return this.framing.name
  }

  setMaxLengthUnsafe(bytes: number | null): void {
    this.framing.source.setMaxLengthUnsafe(bytes)
  }

  // --- the synchronous part ---

  protected advance(): Stop {
    const stop = this.step()
    // Logging takes a fiber.
    return stop === "parked" && this.refused?.hasUntold === true ? "turn" : stop
  }

  protected defected(defect: unknown): Stop {
    return this.failWith(Exit.die(defect))
  }

  protected borrow(chunk: Uint8Array): boolean {
    return this.framing.source.lendUnsafe(chunk)
  }

  protected settle(): boolean {
    return this.framing.source.settleUnsafe()
  }

  private step(): Stop {
    const { replies } = this
    for (let handled = 0; ; handled++) {
      if ((this.interrupted || this.connection.transport.closeReason !== undefined) && this.isCut)
        return this.failWith(Exit.fail(this.connection.transport.closedErrorUnsafe("write")))
      if (this.finished !== undefined) {
        const stop = this.sendFinished(this.finished)
        if (stop !== undefined) return stop
      } else if (replies.size > 0) {
        const waits = this.sendReady()
        if (waits !== undefined) return waits
        if (replies.isClosed) return "parked"
      }
      const { source } = this.framing
      if (handled >= framesPerTurn && source.hasMoreUnsafe()) return "turn"
      const frame = source.nextUnsafe()
      if (frame !== undefined) {
        const stop = this.admit(frame)
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
  private admit(frame: unknown): Stop | undefined {
    if (frame instanceof FrameError) return this.refuse(frame)
    this.connection.framesIn++
    const effect = this.framing.call(frame, this.connection)
    if (hasSucceeded(effect)) {
      if (this.replies.size === 0) return this.sendValue(effect.value, frame)
    } else if (!hasFailed<E>(effect)) {
      this.unstarted = effect
      this.answering = frame
      return "effect"
    }
    if (this.replies.size === 0) return this.send(effect)
    this.replies.push(effect)
    this.countInFlight()
    return undefined
  }

  private refuse(error: FrameError): undefined {
    const { name: codec, source } = this.framing
    const refused = { codec, error, origin: source.origin }
    this.refused ??= refusedFramesOf(this.connection)
    if (!error.fatal) {
      this.refused.skip(refused)
      return
    }
    source.endUnsafe()
    this.replies.push(Exit.fail(this.refused.refuse(refused)))
  }

  private sendFinished(exit: Exit.Exit<unknown, E>): Stop | undefined {
    this.finished = undefined
    this.running = false
    const { answering } = this
    this.answering = undefined
    const stop = Exit.isSuccess(exit) ? this.sendValue(exit.value, answering) : this.send(exit)
    this.countInFlight()
    return stop
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

  private send(exit: Exit.Exit<unknown, E | LoopError>): Stop | undefined {
    if (Exit.isFailure(exit)) return this.failWith(Exit.failCause(exit.cause))
    return this.sendValue(exit.value, undefined)
  }

  private sendValue(value: unknown, frame: unknown): Stop | undefined {
    return value instanceof Switch ? this.switchTo(value) : this.reply(value, frame)
  }

  private reply(reply: unknown, frame: unknown): Stop | undefined {
    if (reply === undefined) return undefined
    const bytes = this.framing.encode(reply, frame)
    return bytes instanceof FrameFailure ? this.failWith(Exit.fail(bytes)) : this.offer(bytes)
  }

  /** Where the reply has to wait for room the next codec does too: nothing is decoded meanwhile. */
  private switchTo(to: Switch<unknown, E, R>): Stop | undefined {
    const { concurrency, name: codec } = this.framing
    if (concurrency > 1) return this.failWith(Exit.fail(new SwitchRefused({ codec, to: to.codec, concurrency })))
    const stop = this.reply(to.reply, undefined)
    if (stop === "failed") return stop
    this.framing = to.begin(this.framing.source)
    this.replies.capacity = this.framing.concurrency
    return stop
  }

  private offer(bytes: FrameBytes): Stop | undefined {
    const taken = this.connection.writer.offerUnsafe(bytes)
    this.outgoing = taken ? undefined : bytes
    return taken ? undefined : "blocked"
  }

  private failWith(exit: Exit.Exit<never, E | LoopError>): Stop {
    this.failure = exit
    return "failed"
  }

  private countInFlight(): void {
    const owed = this.running || this.outgoing !== undefined ? 1 : 0
    this.connection.inFlight = this.replies.size + owed
  }

  // --- the waiting part ---

  private start(): Effect.Effect<void, E | LoopError, R> {
    const effect = this.unstarted ?? Effect.void
    this.unstarted = undefined
    return this.replies.capacity === 1 ? this.runHere(effect) : Effect.flatMap(this.fork(effect), () => this.proceed())
  }

  /** Nothing waits before it, so it needs no place, and its end leads on to the next frame without parking in between. */
  private runHere(effect: Effect.Effect<unknown, E, R>): Effect.Effect<void, E | LoopError, R> {
    this.running = true
    this.countInFlight()
    this.onFinished ??= {
      onSuccess: (value) => this.goOnWith(Exit.succeed(value)),
      onFailure: (cause) => this.goOnWith(Exit.failCause(cause))
    }
    return Effect.matchCauseEffect(effect, this.onFinished)
  }

  private goOnWith(exit: Exit.Exit<unknown, E>): Effect.Effect<void, E | LoopError, R> {
    this.finished = exit
    return this.proceed()
  }

  private fork(effect: Effect.Effect<unknown, E, R>): Effect.Effect<void, never, R> {
    const place = this.replies.reserve()
    this.countInFlight()
    return Effect.map(Effect.forkChild(effect, { startImmediately: true }), (fiber) => {
      place.fiber = fiber
      fiber.addObserver((exit) => {
        this.replies.fill(place, exit)
        this.goOn()
      })
    })
  }

  private turn(): Effect.Effect<void> {
    return this.reported(Effect.yieldNow)
  }

  private reported<A, E1, R1>(then: Effect.Effect<A, E1, R1>): Effect.Effect<A, E1, R1> {
    const { refused } = this
    return refused?.hasUntold === true ? Effect.andThen(refused.report, then) : then
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
