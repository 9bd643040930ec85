/**
 * When the first of a connection's deadlines is due: a pure function of what runs since when.
 *
 * @since 0.1.0
 */

/** The deadlines of a connection, each with the reason that it gives. Of two that are due at once, the first here counts. */
export const expiries = [
  "first-byte-timeout",
  "idle-timeout",
  "frame-timeout",
  "half-close-timeout",
  "max-age",
  "stalled"
] as const

/**
 * A deadline of a connection.
 *
 * @category models
 * @since 0.1.0
 */
export type Expiry = (typeof expiries)[number]

/** Since when each clock runs, in milliseconds; `undefined`: it stands still. */
export type Running = { readonly [E in Expiry]: number | undefined }

/** How long each clock may run, in milliseconds; `Infinity`: for ever. */
export type Timeouts = { readonly [E in Expiry]: number }

/** `expiry` is `undefined` where there is nothing to do but to look again. */
export interface Due {
  readonly at: number
  readonly expiry: Expiry | undefined
}

/** No clock that stands still is looked at more often. */
const shortestLook = 1

/**
 * The next time at which something can be due.
 *
 * **Shapes**
 *
 * - A clock that stands still cannot be due before it has run for its whole timeout, so it is looked at after that. Nobody has to
 *   tell when it starts: at most one look for each timeout, whatever happens meanwhile.
 * - A timeout of 0 is due as soon as its clock runs; of `Infinity`, never.
 *
 * @source B54
 */
export const nextDue = (running: Running, timeouts: Timeouts, now: number): Due => {
  let next: Due = { at: Infinity, expiry: undefined }
  for (const expiry of expiries) {
    const since = running[expiry]
    const timeout = timeouts[expiry]
    const due: Due =
      since === undefined
        ? { at: now + Math.max(timeout, shortestLook), expiry: undefined }
        : { at: since + timeout, expiry }
    if (due.at < next.at) next = due
  }
  return next
}
