/**
 * How long to wait before what has failed is tried again.
 */

const first = 5
const longest = 1000

/**
 * The pause after the n-th failure in a row, n from 1: 5 ms, doubling, at most 1 s.
 *
 * @source S38, FF-48; the delays are those of Go's net/http server
 */
export const pauseAfter = (consecutive: number): number => Math.min(longest, first * 2 ** Math.min(consecutive - 1, 20))

/** Log the first failure of a row, then the 2nd, 4th, 8th …: a constant one is no flood. */
export const isWorthLogging = (consecutive: number): boolean => (consecutive & (consecutive - 1)) === 0

/** What has been well for as long as the longest pause has not just failed: a new row begins. */
export const isNewRow = (millisecondsWell: number): boolean => millisecondsWell > longest
