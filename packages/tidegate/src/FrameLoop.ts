/**
 * The loop behind the framed handler, as an effect; or, until there is something to run, without a fiber.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { TransportError } from "./Errors.ts"
import type { LoopError } from "./FrameErrors.ts"
import type { LoopOwner } from "./FrameParking.ts"
import { beginReading, endReading } from "./FrameReader.ts"
import { FrameSteps } from "./FrameSteps.ts"
import type { Stop } from "./FrameStop.ts"

/** What follows on the end of an effect; made once for a loop that runs any. */
interface Continuations<E, R> {
  readonly onSuccess: (value: unknown) => Effect.Effect<void, E | LoopError, R>
  readonly onFailure: (cause: Cause.Cause<E>) => Effect.Effect<void, E | LoopError, R>
}

/** A loop as it is kept by whoever may never need a fiber for it. */
export interface FiberlessLoop<out E, out R> {
  /** Begins, and goes on inside the transport's turn; throws what {@link FrameLoop.run} dies with. */
  beginUnsafe(owner: LoopOwner): void
  /** Nothing is left to be said or told when it is done. */
  readonly endsSilently: boolean
  /** It is over: what it has not handled is left to whoever reads the connection next. */
  endUnsafe(): void
  /** The rest of its life, for a fiber. */
  from(stop: Exclude<Stop, "parked">): Effect.Effect<void, E | LoopError, R>
}

export class FrameLoop<E, R> extends FrameSteps<E, R> implements FiberlessLoop<E, R> {
  private onFinished: Continuations<E, R> | undefined

  /** The whole life of the loop, for the connection's fiber; what it has not handled is left to whoever reads the connection next. */
  get run(): Effect.Effect<void, E | LoopError, R> {
    return Effect.suspend(() => {
      const { connection } = this
      beginReading(connection, this)
      const owedOutside = connection.inFlight
      connection.inFlight = 0
      return this.cleanedUp(() => this.proceed(), owedOutside)
    })
  }

  beginUnsafe(owner: LoopOwner): void {
    beginReading(this.connection, this)
    this.sleepUnsafe(owner)
  }

  get endsSilently(): boolean {
    return this.refused?.hasUntold !== true && !this.framing.saysGoodbye(this.connection)
  }

  endUnsafe(): void {
    endReading(this.connection)
    this.framing.source.giveBackUnsafe()
  }

  from(stop: Exclude<Stop, "parked">): Effect.Effect<void, E | LoopError, R> {
    return this.cleanedUp(() => this.after(stop), 0)
  }

  /** Not run before there is somebody to clean up behind it: the handler's functions are called from here, and may throw. */
  private cleanedUp(
    work: () => Effect.Effect<void, E | LoopError, R>,
    owedOutside: number
  ): Effect.Effect<void, E | LoopError, R> {
    return Effect.onExit(Effect.suspend(work), () => {
      this.connection.inFlight = owedOutside
      this.endUnsafe()
      return this.replies === undefined ? Effect.void : this.replies.interruptAll
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

  private start(): Effect.Effect<void, E | LoopError, R> {
    const effect = this.unstarted ?? Effect.void
    this.unstarted = undefined
    return this.framing.concurrency === 1
      ? this.runHere(effect)
      : Effect.flatMap(this.fork(effect), () => this.proceed())
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
    const { queue: replies } = this
    const place = replies.reserve()
    this.countInFlight()
    return Effect.map(Effect.forkChild(effect, { startImmediately: true }), (fiber) => {
      place.fiber = fiber
      fiber.addObserver((exit) => {
        replies.fill(place, exit)
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
