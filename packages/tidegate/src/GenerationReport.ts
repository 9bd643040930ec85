/**
 * What became of the connections of a generation that a restart has replaced.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"

/**
 * How the drain of one generation went.
 *
 * **Shapes**
 *
 * - `generation`: its number; the first one is 1.
 * - `drained`, `idleClosed`, `aborted`: its connections, each counted once, as in a `ShutdownReport`.
 * - `elapsed`: from the restart to the end of its last connection.
 *
 * @category models
 * @source S35
 * @since 0.1.0
 */
export interface GenerationReport {
  readonly generation: number
  readonly drained: number
  readonly idleClosed: number
  readonly aborted: number
  readonly elapsed: Duration.Duration
}
