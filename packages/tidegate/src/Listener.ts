/**
 * The accept fiber: takes connections and waits for nothing else.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Backoff from "./Backoff.ts"
import { isOfOneConnection } from "./ErrorCodes.ts"
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
 * - Of the one connection that was to be accepted: the next accept comes at once.
 * - Of resources that are used up: it comes after a pause, 5 ms, doubled with each one in a row, at most a second; a success ends
 *   the row. Neither kind ends the fiber, and both are logged: the first of a row, then the 2nd, 4th, 8th …
 * - Fatal ones are its result.
 *
 * **Interruption**
 *
 * - At any point: no connection is lost between being taken and being adopted, since both are one step.
 *
 * @source S37, S38, S43, S84, FF-48
 */
export const accept = (listener: Transport.Listener, taker: Taker): Effect.Effect<TransportError> => {
  let consecutive = 0
  let shortages = 0
  const adopt = (connection: Connection): void => {
    consecutive = 0
    shortages = 0
    taker.adopt(connection)
  }
  let died: { readonly defect: unknown } | undefined
  // Taken where the transport reports them, and the fiber sleeps on: waking it for each is a tenth of a short connection, in a profile. An error stays where it
  // is until the fiber comes, which may be interrupted before.
  const isWanted = (): boolean => {
    try {
      for (let next = listener.takeConnectionUnsafe(); next !== undefined; next = listener.takeConnectionUnsafe())
        adopt(next)
    } catch (defect) {
      // Nothing may be thrown into the transport's turn.
      died = { defect }
    }
    return died !== undefined || listener.pendingUnsafe() > 0 || listener.endedBy !== undefined
  }
  const next: Effect.Effect<TransportError> = Effect.flatMap(listener.acceptableWhere(isWanted), () => {
    if (died !== undefined) return Effect.die(died.defect)
    const error = takeAllUnsafe(listener, adopt)
    if (error === undefined) return listener.endedBy === undefined ? next : Effect.succeed(listener.endedBy)
    consecutive++
    // What goes wrong with one connection says nothing about resources: it neither makes their pause longer nor ends their row.
    const isShortage = !isOfOneConnection(error.code)
    if (isShortage) shortages++
    taker.emit({ _tag: "AcceptFailed", error, consecutive })
    const pause = isShortage ? Backoff.pauseAfter(shortages) : 0
    return Effect.flatMap(waitOut(listener, error, consecutive, pause), () => next)
  })
  return next
}

/** Cut short when the listener ends: a server whose listener is dead is not to look alive meanwhile. */
const waitOut = (
  listener: Transport.Listener,
  error: TransportError,
  consecutive: number,
  milliseconds: number
): Effect.Effect<void> => {
  const pause = Effect.asVoid(Effect.timeoutOption(listener.ended, milliseconds))
  if (!Backoff.isWorthLogging(consecutive)) return pause
  // A logger that throws must not end the accept fiber: nobody would notice but the clients.
  const log = Effect.ignoreCause(Effect.logWarning("accept failed", { reason: error.message, consecutive }))
  return Effect.andThen(log, pause)
}
