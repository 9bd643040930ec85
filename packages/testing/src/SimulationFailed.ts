/**
 * A simulated run that did not come to its end.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import { explanations } from "./internal/simulation/Endings.ts"
import type { Ending } from "./Simulation.ts"

/**
 * A run that ended otherwise than by its program's end.
 *
 * **Shapes**
 *
 * - `ending`: what became of it instead, see `Ending`.
 * - `milliseconds`, `steps`: when. `alive`: how many of its fibers were.
 * - `lastLines`: the end of its trace. `message` has all of this, and what can be done about it.
 *
 * @category errors
 * @source I-L0
 * @since 0.1.0
 */
export class SimulationFailed extends Data.TaggedError("SimulationFailed")<{
  readonly ending: Ending
  readonly milliseconds: number
  readonly steps: number
  readonly alive: number
  readonly lastLines: ReadonlyArray<string>
}> {
  override get message(): string {
    const { alive, ending, lastLines, milliseconds, steps } = this
    const last = lastLines.length === 0 ? ["nothing was traced"] : ["what was traced last:", ...lastLines]
    const where = `at ${milliseconds} ms, after ${steps} steps, ${alive} fibers alive`
    return [`${ending} ${where}: ${explanations[ending]}`, ...last].join("\n  ")
  }
}
