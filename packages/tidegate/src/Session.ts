/**
 * One connection's life on the server: its fiber, and the one reason for which it ended.
 */
import type * as Cause from "effect/Cause"
import * as CauseModule from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { format } from "./Address.ts"
import { descend } from "./CloseLadder.ts"
import type { Connection } from "./Connection.ts"
import type { ConnectionClock } from "./ConnectionClock.ts"
import { closedLocally, TransportError } from "./Errors.ts"
import type { EndReason } from "./Events.ts"
import { FrameFailure } from "./FrameErrors.ts"
import type { Handler } from "./Handler.ts"
import type { LiveCell } from "./LiveSettings.ts"

/** What the server keeps of a live connection. */
export interface Session {
  readonly connection: Connection
  readonly openedAt: number
  clock: ConnectionClock<Session> | undefined
  fiber: Fiber.Fiber<void> | undefined
  /** Both sides have ended and nothing is owed: its descriptor is given back without anybody's doing. */
  isLeaving: boolean
  /** Set before the fiber is interrupted: nothing is to be delivered any more. */
  aborted: boolean
  /** The deadline for which it was aborted, if that is why. */
  cutBy: EndReason | undefined
  /** Why the handler ended; the end of the connection may add a reason that weighs more. */
  handlerEnd: EndReason | undefined
  stalled: boolean
  /** Frames handled, and whether any was in flight, when its drain began. */
  drainBegan: { readonly framesIn: number; readonly inFlight: number } | undefined
}

export const makeSession = (connection: Connection, openedAt: number): Session => ({
  connection,
  openedAt,
  clock: undefined,
  fiber: undefined,
  isLeaving: false,
  aborted: false,
  cutBy: undefined,
  handlerEnd: undefined,
  stalled: false,
  drainBegan: undefined
})

/** The fiber of a session: the handler, then the close ladder. It never fails. */
export const live = <R>(
  session: Session,
  handler: Handler<unknown, R>,
  settings: LiveCell
): Effect.Effect<void, never, R> =>
  Effect.matchCauseEffect(
    Effect.suspend(() => handler.serve(session.connection)),
    {
      // A logger that throws must not take the peer's FIN away.
      onFailure: (cause) =>
        ended(session, () =>
          Effect.andThen(Effect.ignoreCause(recordFailure(session, cause)), closing(session, settings))
        ),
      onSuccess: (_handled) =>
        ended(session, () => {
          session.handlerEnd = finishedReason(session)
          return leavesAtOnce(session) ? Effect.void : closing(session, settings)
        })
    }
  )

const ended = (session: Session, then: () => Effect.Effect<void>): Effect.Effect<void> => {
  if (session.aborted) return Effect.void
  session.clock?.stopUnsafe()
  return then()
}

/** The usual end where the client closes first: there is nothing that the fiber could wait for. */
const leavesAtOnce = (session: Session): boolean => {
  const { transport, writer } = session.connection
  if (transport.closeReason !== undefined || !transport.peerEnded) return false
  if (transport.queuedUnsafe() > 0 || !writer.isIdleUnsafe()) return false
  transport.endUnsafe()
  session.isLeaving = true
  return true
}

/** The bounds are those in force when the ladder begins. */
const closing = (session: Session, settings: LiveCell): Effect.Effect<void> => {
  const onStalled = (): void => {
    session.stalled = true
  }
  return Effect.suspend(() => Effect.asVoid(descend(session.connection, settings.current, onStalled)))
}

/** What a peer may do at any time (go away) is no concern of the operator; what the program did wrong is. */
const recordFailure = (session: Session, cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  const { connection } = session
  const found = CauseModule.findError(cause)
  const error = Result.isSuccess(found) ? found.success : undefined
  const { via } = connection
  const about = {
    connection: connection.id,
    peer: format(connection.peer),
    ...(via === undefined ? {} : { via: format(via) })
  }
  if (error instanceof TransportError && isOf(connection, error)) {
    session.handlerEnd = lostReason(connection)
    const lost = { ...about, reason: error.message }
    return session.handlerEnd === "failed"
      ? Effect.logWarning("connection lost", lost)
      : Effect.logDebug("connection lost", lost)
  }
  if (error instanceof FrameFailure && error.operation === "decode") {
    session.handlerEnd = "broken-frame"
    const { message: reason, position } = error
    return Effect.logWarning("connection ended: broken frame", { ...about, reason, position })
  }
  session.handlerEnd = "failed"
  return Effect.logError("handler failed", about, cause)
}

/** A handler may use other connections too: what happens to those is a failure of the handler. */
const isOf = ({ transport }: Connection, error: TransportError): boolean =>
  error === transport.failure ||
  error === transport.inputEnd ||
  (error.code === closedLocally && error.address === format(transport.remote))

const lostReason = ({ transport }: Connection): EndReason => {
  switch (transport.closeReason) {
    case "reset-received":
      return "reset"
    case "timeout":
    case "failed":
      return transport.closeReason
    default:
      // The handler has ended or aborted it, and found it so.
      return "handled"
  }
}

/** The one reason, once the fiber has ended and the descriptor was given back. */
export const endReason = (session: Session): EndReason => {
  const { closeReason } = session.connection.transport
  const { handlerEnd } = session
  if (session.aborted) return session.cutBy ?? "aborted"
  if (handlerEnd === "failed" || handlerEnd === "broken-frame") return handlerEnd
  if (session.stalled) return "stalled"
  if (closeReason === "reset-received") return "reset"
  if (closeReason === "timeout" || closeReason === "failed") return closeReason
  return handlerEnd ?? "handled"
}

/** Looked at when the handler ends: afterwards the peer answers FIN with FIN, and a drain may begin. */
const finishedReason = (session: Session): EndReason => {
  const { drainedAlone } = session.connection
  if (drainedAlone !== undefined) return drainedAlone.reason
  if (session.drainBegan !== undefined) return wasIdle(session) ? "idle" : "drained"
  return session.connection.transport.peerEnded ? "eof" : "handled"
}

const wasIdle = (session: Session): boolean =>
  session.drainBegan?.inFlight === 0 && session.drainBegan.framesIn === session.connection.framesIn

/** What was said by who has drained this one connection, if that is what ended it. */
export const detailOf = ({ connection }: Session, reason: EndReason): { readonly detail?: string } => {
  const { drainedAlone } = connection
  return drainedAlone?.detail === undefined || drainedAlone.reason !== reason ? {} : { detail: drainedAlone.detail }
}
