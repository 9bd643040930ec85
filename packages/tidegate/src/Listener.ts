/**
 * The accept fiber: takes connections and waits for nothing else.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Backoff from "./Backoff.ts"
import { TransportError } from "./Errors.ts"
import type { ServerEvent } from "./Events.ts"
import type { Connection } from "./TransportConnection.ts"
import type * as Transport from "./TransportListener.ts"

/** Who takes over what is accepted; both are called inside the accept fiber's step. */
export interface Taker {
  readonly adopt: (connection: Connection) => void
  readonly emit: (event: ServerEvent) => void
}

/**
 * Takes everything that is pending, now.
 *
 * **Shapes**
 *
 * - The first accept error in the way is returned; what lies behind it is taken by the next call.
 */
export const takeAllUnsafe = (listener: Transport.Listener, adopt: Taker["adopt"]): TransportError | undefined => {
  for (let next = listener.takeUnsafe(); next !== undefined; next = listener.takeUnsafe()) {
    if (next instanceof TransportError) return next
    adopt(next)
  }
  return undefined
}

/**
 * The accept fiber's effect: ends only with the listener, and tells why.
 *
 * **Errors**
 *
 * - Temporary ones are waited out and never end it.
 *
 * **Interruption**
 *
 * - At any point: no connection is lost between being taken and being adopted, since both are one step.
 *
 * @source S37, S43, S84
 */
export const accept = (listener: Transport.Listener, taker: Taker): Effect.Effect<TransportError> => {
  let consecutive = 0
  const adopt = (connection: Connection): void => {
    consecutive = 0
    taker.adopt(connection)
  }
  const next: Effect.Effect<TransportError> = Effect.flatMap(listener.acceptable, () => {
    const error = takeAllUnsafe(listener, adopt)
    if (error === undefined) return listener.endedBy === undefined ? next : Effect.succeed(listener.endedBy)
    consecutive++
    taker.emit({ _tag: "AcceptFailed", error, consecutive })
    return Effect.flatMap(waitOut(listener, error, consecutive), () => next)
  })
  return next
}

/** Cut short when the listener ends: a server whose listener is dead is not to look alive meanwhile. */
const waitOut = (listener: Transport.Listener, error: TransportError, consecutive: number): Effect.Effect<void> => {
  const pause = Effect.asVoid(Effect.timeoutOption(listener.ended, Backoff.delay(error, consecutive)))
  if (!Backoff.isWorthLogging(consecutive)) return pause
  // A logger that throws must not end the accept fiber: nobody would notice but the clients.
  const log = Effect.ignoreCause(Effect.logWarning("accept failed", { reason: error.message, consecutive }))
  return Effect.andThen(log, pause)
}
