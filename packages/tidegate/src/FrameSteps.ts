/**
 * What a frame loop does that needs no waiting: chunks to frames, frames to effects, finished effects to replies in admission order.
 *
 * Where it is called from stands in `FrameParking`, and what is done about the rest in `FrameLoop`.
 */
import { FrameError } from "@tidegate/codec/FrameError"
import * as Exit from "effect/Exit"
import type { Connection } from "./Connection.ts"
import { FrameFailure, type LoopError, SwitchRefused } from "./FrameErrors.ts"
import { FrameParking, noAnswer } from "./FrameParking.ts"
import type { FrameReader } from "./FrameReader.ts"
import type { Stop } from "./FrameStop.ts"
import { Switch } from "./FrameSwitch.ts"
import { FrameWork } from "./FrameWork.ts"
import { type AnyFraming, gaveNoEffect } from "./Framing.ts"
import { type RefusedFrames, refusedFramesOf } from "./RefusedFrames.ts"
import { ReplyQueue } from "./ReplyQueue.ts"
import type { FrameBytes } from "./Writer.ts"

/** Frames handled in one go, those that are skipped too, before other fibers and connections get their turn. */
export const framesPerTurn = 256

// To ask `Exit.isExit` is 4 % of a frame in a profile, and to get its prototype 8 ns more than this (Node 24); what is an exit of another
// kind is run, to the same end.
function Succeeded(): void {}
Succeeded.prototype = Object.getPrototypeOf(Exit.void)
function Failed(): void {}
Failed.prototype = Object.getPrototypeOf(Exit.fail(undefined))
const hasSucceeded = (effect: object): effect is Exit.Success<unknown> => effect instanceof Succeeded
const hasFailed = <E>(effect: object): effect is Exit.Failure<never, E> => effect instanceof Failed

// Asked before any other class, most frames and replies being bytes: to find that something is none of a class costs a look at each of
// its prototypes, of which bytes have four.
const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

export abstract class FrameSteps<E, R> extends FrameParking<E | LoopError, R> implements FrameReader {
  protected framing: AnyFraming<E, R>
  /** Most connections never have one: their replies are sent as they come. */
  protected replies: ReplyQueue<unknown, E | LoopError> | undefined
  protected maybeWork: FrameWork<E, R> | undefined

  constructor(connection: Connection, framing: AnyFraming<E, R>) {
    super(connection)
    this.framing = framing
  }

  // --- what others ask ---

  get isWorking(): boolean {
    return this.isRunning || this.waiting > 0
  }

  get isReading(): boolean {
    return !this.isRunning && this.replies?.isClosed !== true
  }

  get unfinishedFrame(): number {
    return this.framing.source.unfinishedFrame
  }

  get codec(): string {
    return this.framing.name
  }

  /** Replies that wait for their turn, or for their handlers. */
  private get waiting(): number {
    return this.replies === undefined ? 0 : this.replies.size
  }

  private get isRunning(): boolean {
    return this.maybeWork?.isRunning === true
  }

  protected get work(): FrameWork<E, R> {
    return (this.maybeWork ??= new FrameWork())
  }

  protected get refused(): RefusedFrames | undefined {
    return this.connection.refused
  }

  protected get queue(): ReplyQueue<unknown, E | LoopError> {
    return (this.replies ??= new ReplyQueue(this.framing.concurrency))
  }

  setMaxLengthUnsafe(bytes: number | null): void {
    this.framing.source.setMaxLengthUnsafe(bytes)
  }

  // --- the synchronous part ---

  protected advance(answer: unknown, handled: number): Stop {
    const stop = this.step(answer, handled)
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

  private step(answer: unknown, handledBefore: number): Stop {
    if (answer !== noAnswer) {
      const stop = this.hasToEnd ? this.failCut() : this.sendAnswer(answer)
      if (stop !== undefined) return stop
    }
    for (let handled = handledBefore; ; handled++) {
      if (this.hasToEnd) return this.failCut()
      if (this.waiting > 0) {
        const waits = this.sendReady()
        if (waits !== undefined) return waits
        if (this.replies?.isClosed === true) return "parked"
      }
      const { source } = this.framing
      if (handled >= framesPerTurn && source.hasMoreUnsafe()) return "turn"
      const frame = source.nextUnsafe()
      if (frame !== undefined) {
        const stop = this.admit(frame)
        if (stop !== undefined) return stop
      } else if (source.failure !== undefined) {
        this.queue.push(source.failure)
      } else {
        return source.isOver && this.waiting === 0 ? "done" : "parked"
      }
    }
  }

  private get hasToEnd(): boolean {
    return (this.interrupted || this.connection.transport.closeReason !== undefined) && this.isCut
  }

  /** Ended from inside: by an interruption of the fiber, or because this side has closed the connection. */
  private get isCut(): boolean {
    const { closeReason } = this.connection.transport
    return this.interrupted || closeReason === "reset-sent" || closeReason === "released"
  }

  /** Hands one frame to the user's function; a finished effect is taken as the value it is. */
  private admit(frame: unknown): Stop | undefined {
    if (!isBytes(frame) && frame instanceof FrameError) return this.refuse(frame)
    this.connection.framesIn++
    const effect = this.framing.call(frame, this.connection)
    if (hasSucceeded(effect)) {
      if (this.waiting === 0) return this.sendValue(effect.value, frame)
    } else if (!hasFailed<E>(effect)) {
      const { work } = this
      // Who is not typed can give nothing: it must not look as if nothing were to be run.
      work.unstarted = effect ?? gaveNoEffect
      work.answering = frame
      return "effect"
    }
    if (this.waiting === 0) return this.send(effect)
    this.queue.push(effect)
    this.countInFlight()
    return undefined
  }

  private refuse(error: FrameError): undefined {
    const { name: codec, source } = this.framing
    const refused = { codec, error, origin: source.origin }
    const reporter = refusedFramesOf(this.connection)
    if (!error.fatal) {
      reporter.skip(refused)
      return
    }
    source.endUnsafe()
    this.queue.push(Exit.fail(reporter.refuse(refused)))
  }

  /** The effect under way has come to this. */
  private sendAnswer(answer: unknown): Stop | undefined {
    const { work } = this
    const { answering } = work
    work.isRunning = false
    work.answering = undefined
    const stop = this.sendValue(answer, answering)
    this.countInFlight()
    return stop
  }

  /** Writes the replies that stand first and are finished. */
  private sendReady(): Stop | undefined {
    for (let exit = this.queue.shiftReady(); exit !== undefined; exit = this.queue.shiftReady()) {
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
    return !isBytes(value) && value instanceof Switch ? this.switchTo(value) : this.reply(value, frame)
  }

  private reply(reply: unknown, frame: unknown): Stop | undefined {
    if (reply === undefined) return undefined
    const bytes = this.framing.encode(reply, frame)
    return !isBytes(bytes) && bytes instanceof FrameFailure ? this.failWith(Exit.fail(bytes)) : this.offer(bytes)
  }

  /** Where the reply has to wait for room the next codec does too: nothing is decoded meanwhile. */
  private switchTo(to: Switch<unknown, E, R>): Stop | undefined {
    const { concurrency, name: codec } = this.framing
    if (concurrency > 1) return this.failWith(Exit.fail(new SwitchRefused({ codec, to: to.codec, concurrency })))
    const stop = this.reply(to.reply, undefined)
    if (stop === "failed") return stop
    this.framing = to.begin(this.framing.source)
    if (this.replies !== undefined) this.replies.capacity = this.framing.concurrency
    return stop
  }

  private offer(bytes: FrameBytes): Stop | undefined {
    if (this.connection.writer.offerUnsafe(bytes)) return undefined
    this.work.outgoing = bytes
    return "blocked"
  }

  private failCut(): Stop {
    return this.failWith(Exit.fail(this.connection.transport.closedErrorUnsafe("write")))
  }

  /** Who has aborted its own connection has nothing more to fail with. */
  protected failUnlessCut(exit: Exit.Exit<never, E | LoopError>): Stop {
    return this.isCut ? this.failCut() : this.failWith(exit)
  }

  protected failWith(exit: Exit.Exit<never, E | LoopError>): Stop {
    this.work.failure = exit
    return "failed"
  }

  protected countInFlight(): void {
    this.connection.inFlight = this.waiting + (this.maybeWork === undefined ? 0 : this.maybeWork.owed)
  }
}
