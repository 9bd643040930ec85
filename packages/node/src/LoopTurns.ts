/**
 * Counting turns of the event loop, for who has to know that the kernel had nothing more to give.
 *
 * The kernel reports readiness in the poll phase, which `setImmediate` callbacks follow. After two of them at least one whole
 * poll phase has passed, whatever phase the wait began in: the first may come without one.
 */

/** Somebody who waits for quiet turns. */
export interface TurnWatcher {
  /** A turn has ended. True: go on watching. */
  turnEndedUnsafe(): boolean
}

const watchers = new Set<TurnWatcher>()
let isQueued = false

/** Reports the end of each turn from now on; watching twice is watching once. Keeps the process alive. */
export const watchTurns = (watcher: TurnWatcher): void => {
  watchers.add(watcher)
  if (isQueued) return
  isQueued = true
  setImmediate(endTurn)
}

const endTurn = (): void => {
  isQueued = false
  for (const watcher of [...watchers]) {
    // Taken out first: it may start its next watch from inside the call.
    watchers.delete(watcher)
    if (watcher.turnEndedUnsafe()) watchTurns(watcher)
  }
}

/** Turns without an event that prove the kernel's queue was empty at some instant after the wait began. */
export const quietTurnsForProof = 2
