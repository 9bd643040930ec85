/**
 * What a shutdown did.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"

/**
 * What became of the connections that were live when a shutdown began, or came in before it closed the listener: each is
 * counted once.
 *
 * **Shapes**
 *
 * - `drained`: finished their work, or were ended meanwhile by their peer or their handler. `idleClosed`: had none.
 * - `aborted`: cut, by hard shutdown, at the deadline, or because the peer did not take what it was owed.
 * - `swept`: of all these, how many were still in the accept queue when the shutdown began, or when its `drainDelay` was over.
 * - `shed`: turned away because of a limit, or because too many were waiting to be taken, over the server's whole life.
 * - `elapsed`: from the first call to the end.
 *
 * @category models
 * @source S12, FF-05
 * @since 0.1.0
 */
export interface ShutdownReport {
  readonly drained: number
  readonly idleClosed: number
  readonly aborted: number
  readonly swept: number
  readonly shed: number
  readonly elapsed: Duration.Duration
}

/**
 * One line for people: `12 drained, 3 idle closed, 1 aborted, 0 shed, in 1.2 s`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (report: ShutdownReport): string => {
  const seconds = (Duration.toMillis(report.elapsed) / 1000).toFixed(1)
  return `${report.drained} drained, ${report.idleClosed} idle closed, ${report.aborted} aborted, ${report.shed} shed, in ${seconds} s`
}
