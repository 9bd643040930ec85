/**
 * The loop behind the framed handler: chunks to frames, frames to effects, effects to replies in admission order.
 *
 * `advance` is synchronous and does everything that needs no waiting; where it is called from stands in `FrameParking`.
 */
import { FrameError } from "@tidegate/codec/FrameError"
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

export class FrameLoop<E, R> extends FrameParking implements FrameReader {
  private framing: AnyFraming<E, R>
  private readonly replies: ReplyQueue<unknown, E | LoopError>
  private refused: RefusedFrames | undefined

  private unstarted: Effect.Effect<unknown, E, R> | undefined
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
      return Effect.onExit(this.next(), () => {
        connection.inFlight = owedOutside
        endReading(connection)
        this.framing.source.giveBackUnsafe()
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
        return this.reported(this.failure ?? Effect.void)
      case "done":
        return this.reported(this.framing.goodbye(this.connection))
      case "parked":
        return this.next()
    }
  }

  // --- what others ask ---

  get isWorking(): boolean {
    return this.replies.size > 0
  }

  get isReading(): boolean {
    return !this.replies.isClosed
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

  private step(): Stop {
    const { replies } = this
    for (let handled = 0; ; handled++) {
      if (this.isCut) return this.failWith(Exit.fail(this.connection.transport.closedErrorUnsafe("write")))
      const waits = this.sendReady()
      if (waits !== undefined) return waits
      if (replies.isClosed) return "parked"
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
    if (!Exit.isExit(effect)) {
      this.unstarted = effect
      return "effect"
    }
    const exit = effect as Exit.Exit<unknown, E>
    if (this.replies.size === 0) return this.send(exit)
    this.replies.push(exit)
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
    return exit.value instanceof Switch ? this.switchTo(exit.value) : this.reply(exit.value)
  }

  private reply(reply: unknown): Stop | undefined {
    if (reply === undefined) return undefined
    const bytes = this.framing.encode(reply)
    return bytes instanceof FrameFailure ? this.failWith(Exit.fail(bytes)) : this.offer(bytes)
  }

  /** Where the reply has to wait for room the next codec does too: nothing is decoded meanwhile. */
  private switchTo(to: Switch<unknown, E, R>): Stop | undefined {
    const { concurrency, name: codec } = this.framing
    if (concurrency > 1) return this.failWith(Exit.fail(new SwitchRefused({ codec, to: to.codec, concurrency })))
    const stop = this.reply(to.reply)
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
