/**
 * The one reason for which a connection has ended, and what is told of it.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { format } from "./Address.ts"
import type { Connection } from "./Connection.ts"
import { closedLocally, TransportError } from "./Errors.ts"
import type { EndReason } from "./Events.ts"
import { FrameFailure } from "./FrameErrors.ts"
import type { Session } from "./Session.ts"

/** What a peer may do at any time (go away) is no concern of the operator; what the program did wrong is. */
export const recordFailure = (session: Session, cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  const { connection } = session
  const found = Cause.findError(cause)
  const error = Result.isSuccess(found) ? found.success : undefined
  const { via } = connection
  const about = {
    connection: connection.id,
    peer: format(connection.peer),
    ...(via === undefined ? {} : { via: format(via) })
  }
  if (error instanceof TransportError && isOf(connection, error)) {
    session.ending.handlerEnd = lostReason(connection)
    const lost = { ...about, reason: error.message }
    return session.handlerEnd === "failed"
      ? Effect.logWarning("connection lost", lost)
      : Effect.logDebug("connection lost", lost)
  }
  if (error instanceof FrameFailure && error.operation === "decode") {
    session.ending.handlerEnd = "broken-frame"
    const { message: reason, position } = error
    return Effect.logWarning("connection ended: broken frame", { ...about, reason, position })
  }
  session.ending.handlerEnd = "failed"
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
export const finishedReason = (session: Session): EndReason => {
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
