/**
 * The phases of a graceful shutdown, derived from one budget.
 *
 * @since 0.1.0
 */

/** Milliseconds, 0 or more, `Infinity` for no end. */
export interface PhaseOptions {
  readonly drainDelay: number
  readonly drainJitter: number
  readonly closeTimeout: number
}

/**
 * What a shutdown's budget is spent on, in whole milliseconds.
 *
 * - `delay`: the server goes on accepting. `spread`: the idle connections are told one after the other.
 * - `close`: kept for the last of them to end before the deadline.
 */
export interface Phases {
  readonly delay: number
  readonly spread: number
  readonly close: number
}

/**
 * Divides a budget. Together the phases never take more than it, whatever was asked for.
 *
 * **Shapes**
 *
 * - What is kept for the closes comes first, up to half the budget: a delay that takes all of it would end in cutting everybody.
 *   Then comes the delay, then the spread.
 *
 * @source FF-93
 */
export const phasesOf = (options: PhaseOptions, budget: number): Phases => {
  const close = Math.floor(Math.min(options.closeTimeout, budget / 2))
  const beforeClose = without(Math.floor(budget), close)
  const delay = Math.floor(Math.min(options.drainDelay, beforeClose))
  const spread = Math.floor(Math.min(options.drainJitter, without(beforeClose, delay)))
  return { delay, spread, close }
}

/** What has no end has none left either when something without an end was taken from it. */
const without = (amount: number, part: number): number => (amount === Infinity ? Infinity : amount - part)
