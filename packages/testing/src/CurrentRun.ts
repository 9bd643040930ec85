/**
 * What a program can know of the simulation it runs in, and tell it.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { FiberCensus } from "./FiberCensus.ts"
import type { NetworkEvent } from "./NetworkEvent.ts"

/**
 * The run that is on.
 *
 * **Shapes**
 *
 * - `seed`: what everything drawn at random in this run derives from; 0 outside a simulation.
 * - `network`: where networks report what happens in them. `note`: puts a line of the program's own into the trace.
 * - `sometimes`: counts that a situation was reached, so that a suite can tell that it was reached at all.
 * - `fibers`: the fibers of the program that are alive; the network's own are not counted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run {
  readonly seed: number
  readonly network: (event: NetworkEvent) => void
  readonly note: (note: string, about?: Readonly<Record<string, unknown>>) => void
  readonly sometimes: (situation: string) => void
  readonly fibers: FiberCensus
}

/**
 * The current run; outside a simulation nothing is recorded.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentRun = Context.Reference<Run>("@tidegate/testing/CurrentRun", {
  defaultValue: () => ({ seed: 0, network: ignore, note: ignore, sometimes: ignore, fibers: new FiberCensus() })
})

const ignore = (): void => {}

/**
 * Puts a line of the program's own into the trace.
 *
 * **Limits**
 *
 * - `about` is kept as it is and printed when the trace is: of what changes later, give it a copy.
 *
 * @category tracing
 * @since 0.1.0
 */
export const note = (note: string, about?: Readonly<Record<string, unknown>>): Effect.Effect<void> =>
  Effect.map(CurrentRun, (run) => run.note(note, about))

/**
 * Counts that a situation was reached.
 *
 * @category tracing
 * @since 0.1.0
 */
export const sometimes = (situation: string): Effect.Effect<void> =>
  Effect.map(CurrentRun, (run) => run.sometimes(situation))
