/**
 * A configuration that cannot be used.
 */
import * as Data from "effect/Data"

/**
 * **Shapes**
 *
 * - Each issue names the source and the key, the value, and what is allowed; the message is one line.
 */
export class InvalidConfig extends Data.TaggedError("InvalidConfig")<{
  readonly issues: ReadonlyArray<string>
}> {
  override get message(): string {
    return this.issues.join("; ")
  }
}
