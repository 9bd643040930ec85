/**
 * The end of a client.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * A client that gives out no connection any more: it was drained, or it has given its target up.
 *
 * **Shapes**
 *
 * - `target`: printed. `cause`: why it has given up; `undefined` if it was drained.
 *
 * @category errors
 * @since 0.1.0
 */
export class ClientStopped extends Data.TaggedError("ClientStopped")<{
  readonly target: string
  readonly cause?: unknown
}> {
  override get message(): string {
    const { cause, target } = this
    if (cause === undefined) return `client of ${target}: drained, it gives out no connection any more`
    return `client of ${target}: given up: ${cause instanceof Error ? cause.message : String(cause)}`
  }
}
