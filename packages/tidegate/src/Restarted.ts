/**
 * What a restart has done.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type { Address } from "./Address.ts"
import type { GenerationReport } from "./GenerationReport.ts"

/**
 * A restart that has succeeded.
 *
 * **Shapes**
 *
 * - `generation`: the number of the one that now takes what comes in.
 * - `address`: where the server listens, or listened last while it does not.
 * - `kept`: options that differ from before and stay as they were, because the listening socket was kept: `backlog`, or the `mode` of
 *   a Unix socket's file. A restart on another endpoint applies them.
 * - `drained`: what became of the connections of the generation before, as soon as the last one is gone. Whose first request has come
 *   since the restart counts as drained, who has made none in time as idle.
 *
 * **Interruption**
 *
 * - Of `drained`: stops the waiting, nothing else.
 *
 * **Limits**
 *
 * - `drained` waits for as long as the drain may take: the `drainTimeout` in force at the restart, or less, see
 *   `maxDrainingGenerations`. Then come the handlers' finalizers, which nothing can hurry.
 *
 * @category models
 * @source S29, S35, S36, B97
 * @since 0.1.0
 */
export interface Restarted {
  readonly generation: number
  readonly address: Address
  readonly kept: ReadonlyArray<string>
  readonly drained: Effect.Effect<GenerationReport>
}
