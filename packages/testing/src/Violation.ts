/**
 * A promise that was broken, by the number under which it is known.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * An invariant did not hold.
 *
 * **When to use**
 *
 * Fail or throw with it in a simulated program: a search for failures tells by `invariant` whether a smaller failure is still the
 * same one.
 *
 * **Shapes**
 *
 * - `invariant`: its name, such as `I-S1`. `detail`: what was seen, in one line.
 * - `entry`: where in the trace it was seen, as an index into `trace.entries`; default the end.
 *
 * @category errors
 * @since 0.1.0
 */
export class Violation extends Data.TaggedError("Violation")<{
  readonly invariant: string
  readonly detail: string
  readonly entry?: number | undefined
}> {
  override get message(): string {
    return `${this.invariant}: ${this.detail}`
  }
}

/**
 * Throws a {@link Violation} unless the condition holds.
 *
 * @category assertions
 * @since 0.1.0
 */
export const must = (invariant: string, holds: boolean, detail: () => string, entry?: number): void => {
  if (!holds) throw new Violation({ invariant, detail: detail(), entry })
}
