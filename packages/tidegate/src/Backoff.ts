/**
 * How long to wait after an accept error.
 */
import * as Duration from "effect/Duration"
import { ofOneConnection, type TransportError } from "./Errors.ts"

const first = 5
const longest = 1000

/**
 * The pause after the n-th error in a row, n from 1: none for an error of the one connection; for exhausted resources 5 ms,
 * doubling, at most 1 s.
 *
 * @source S38, FF-48; the delays are those of Go's net/http server
 */
export const delay = (error: TransportError, consecutive: number): Duration.Duration =>
  ofOneConnection.has(error.code)
    ? Duration.zero
    : Duration.millis(Math.min(longest, first * 2 ** Math.min(consecutive - 1, 20)))

/** Log the first error of a row, then the 2nd, 4th, 8th …: a constant error is no flood. */
export const isWorthLogging = (consecutive: number): boolean => (consecutive & (consecutive - 1)) === 0
