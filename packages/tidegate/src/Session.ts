/**
 * One connection's life on the server: its handler, then the close ladder.
 *
 * Both are the connection's fiber, which is started when there is something that has to be run: a connection that was only ever
 * answered with finished effects never has one.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import { descend } from "./CloseLadder.ts"
import type { Connection } from "./Connection.ts"
import type { ConnectionClock } from "./ConnectionClock.ts"
import type { EndReason } from "./Events.ts"
import type { FiberlessLoop } from "./FrameLoop.ts"
import type { LoopOwner } from "./FrameParking.ts"
import type { Stop } from "./FrameStop.ts"
import { type Handler, loopOf } from "./Handler.ts"
import type { LiveCell } from "./LiveSettings.ts"
import { finishedReason, recordFailure } from "./SessionEnd.ts"

/** With what sessions are served; methods, since what a handler needs and what `run` gives are the same, whatever it is. */
export interface Serving<R> {
  readonly handler: Handler<unknown, R>
  readonly settings: LiveCell
  /** Starts a fiber in the step that calls it, with all that the handler needs. */
  run(effect: Effect.Effect<void, never, R>): Fiber.Fiber<void>
}

/** Who has sessions. */
export interface SessionHost {
  readonly serving: Serving<unknown>
  /** Its fiber runs, or has run, since this step. */
  startedUnsafe(session: Session, fiber: Fiber.Fiber<void>): void
  /** Nothing of it is left to be run. */
  endedUnsafe(session: Session): void
}

/** Frames handled, and whether any was in flight, when a drain began. */
export interface DrainBegan {
  readonly framesIn: number
  readonly inFlight: number
}

/** What is known of the end of a session; most of its life it is nothing. */
export class Ending {
  /** Both sides have ended and nothing is owed: its descriptor is given back without anybody's doing. */
  isLeaving = false
  /** Set before it is cut off: nothing is to be delivered any more. */
  aborted = false
  /** The deadline for which it was aborted, if that is why. */
  cutBy: EndReason | undefined
  /** Why the handler ended; the end of the connection may add a reason that weighs more. */
  handlerEnd: EndReason | undefined
  stalled = false
  drainBegan: DrainBegan | undefined
}

/** What the server keeps of a live connection. */
export class Session implements LoopOwner {
  readonly connection: Connection
  readonly openedAt: number
  private readonly host: SessionHost
  clock: ConnectionClock<Session> | undefined
  /** What is served as long as it takes no fiber. */
  private loop: FiberlessLoop<unknown, unknown> | undefined
  fiber: Fiber.Fiber<void> | undefined
  /** Among the live ones; negative: not one of them. */
  place = -1
  private maybeEnding: Ending | undefined

  constructor(connection: Connection, openedAt: number, host: SessionHost) {
    this.connection = connection
    this.openedAt = openedAt
    this.host = host
  }

  /** What is known of its end, to be added to. */
  get ending(): Ending {
    return (this.maybeEnding ??= new Ending())
  }

  get isLeaving(): boolean {
    return this.maybeEnding?.isLeaving === true
  }

  get aborted(): boolean {
    return this.maybeEnding?.aborted === true
  }

  get cutBy(): EndReason | undefined {
    return this.maybeEnding?.cutBy
  }

  get handlerEnd(): EndReason | undefined {
    return this.maybeEnding?.handlerEnd
  }

  get stalled(): boolean {
    return this.maybeEnding?.stalled === true
  }

  get drainBegan(): DrainBegan | undefined {
    return this.maybeEnding?.drainBegan
  }

  /** Serves it, from the step that calls it on. */
  beginUnsafe(): void {
    const { connection } = this
    const { handler } = this.host.serving
    try {
      this.loop = loopOf(handler, connection)
      if (this.loop === undefined) this.serveByFiber(Effect.suspend(() => handler.serve(connection)))
      else this.loop.beginUnsafe(this)
    } catch (defect) {
      this.loop = undefined
      this.serveByFiber(Effect.die(defect))
    }
  }

  /** @internal */
  stoppedUnsafe(stop: Exclude<Stop, "parked">): void {
    const { loop } = this
    if (loop === undefined) return
    this.loop = undefined
    if (!this.aborted && !(stop === "done" && loop.endsSilently)) {
      this.serveByFiber(loop.from(stop))
      return
    }
    try {
      loop.endUnsafe()
    } catch (defect) {
      this.serveByFiber(Effect.die(defect))
      return
    }
    if (this.aborted || hasLeft(this)) this.host.endedUnsafe(this)
    else this.startUnsafe(closing(this, this.host.serving.settings))
  }

  private serveByFiber(serve: Effect.Effect<void, unknown, unknown>): void {
    this.startUnsafe(live(this, serve, this.host.serving.settings))
  }

  private startUnsafe(work: Effect.Effect<void, never, unknown>): void {
    this.host.startedUnsafe(this, this.host.serving.run(work))
  }
}

/** What the fiber of a session does: the handler, then the close ladder. It never fails. */
export const live = <R>(
  session: Session,
  serve: Effect.Effect<void, unknown, R>,
  settings: LiveCell
): Effect.Effect<void, never, R> =>
  Effect.matchCauseEffect(serve, {
    onFailure: (cause) => (session.aborted ? Effect.void : failed(session, cause, settings)),
    onSuccess: (_handled) => (session.aborted || hasLeft(session) ? Effect.void : closing(session, settings))
  })

const failed = (session: Session, cause: Cause.Cause<unknown>, settings: LiveCell): Effect.Effect<void> => {
  session.clock?.stopUnsafe()
  // A logger that throws must not take the peer's FIN away.
  return Effect.andThen(Effect.ignoreCause(recordFailure(session, cause)), closing(session, settings))
}

/** The handler has finished. True, the usual end where the client closes first: there is nothing that a fiber could wait for. */
const hasLeft = (session: Session): boolean => {
  session.clock?.stopUnsafe()
  session.ending.handlerEnd = finishedReason(session)
  const { transport, writer } = session.connection
  if (transport.closeReason !== undefined || !transport.peerEnded) return false
  if (transport.queuedUnsafe() > 0 || !writer.isIdleUnsafe()) return false
  transport.endUnsafe()
  session.ending.isLeaving = true
  return true
}

/** The bounds are those in force when the ladder begins. */
const closing = (session: Session, settings: LiveCell): Effect.Effect<void> => {
  const onStalled = (): void => {
    session.ending.stalled = true
  }
  return Effect.suspend(() => Effect.asVoid(descend(session.connection, settings.current, onStalled)))
}
