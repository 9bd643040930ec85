/**
 * Why a check failed, for people and as data.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type { Fixture } from "./Fixture.ts"

/**
 * A property does not hold, or could not be checked.
 *
 * **Shapes**
 *
 * - `invariant`: of the {@link Violation} found, or one of `deadlock`, `livelock`, `endless`, `leftover`, `nondeterminism` and
 *   `defect`; `coverage` when a declared situation was never reached; `settings`, `fixture` and `scenario` when the options or the
 *   environment, a fixture, or the scenario's schema were of no use.
 * - `detail`: what was seen, in a few words.
 * - `message`: all that a person needs: the shrunk scenario, the trace, the fixture and how to replay it.
 * - `runs`: scenarios run until then, the failing one included; what it took to make it smaller does not count.
 * - `fixture`: what to keep; there is none if nothing was run.
 * - `cause`: what the program or `verify` failed with, if it did.
 *
 * @category errors
 * @since 0.1.0
 */
export class CheckFailed extends Data.TaggedError("CheckFailed")<{
  readonly property: string
  readonly invariant: string
  readonly detail: string
  readonly message: string
  readonly runs: number
  readonly fixture?: Fixture | undefined
  readonly cause?: unknown
}> {}
