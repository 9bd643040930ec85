/**
 * Rules: what happens when an event has happened.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { NetworkEvent } from "./NetworkEvent.ts"

/**
 * Which events a rule is for.
 *
 * **Shapes**
 *
 * - `event` and `end`: only those of this name, and of this end: `c7` or `s7`, or `c` or `s` for all dialling or accepting ends.
 * - `nth`: only the n-th of them, counted from 1 from the moment at which the rule is set; default every one.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventMatch {
  readonly event?: NetworkEvent["event"] | undefined
  readonly end?: string | undefined
  readonly nth?: number | undefined
}

/**
 * What a rule does, in a turn of its own after the event.
 *
 * An effect that it returns is run in a fiber of the network, which ends with the network and is in no census; its failure ends
 * the network, and is in the trace as `networkFailed`.
 *
 * @category models
 * @since 0.1.0
 */
export type EventAction = (event: NetworkEvent) => Effect.Effect<unknown> | void
