/**
 * The generations of a running server, as they look from outside.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Generation } from "./Generation.ts"
import type { ServerCore } from "./ServerCore.ts"

/**
 * A glance at a generation.
 *
 * **Shapes**
 *
 * - `state`: `serving` is the newest one, which takes what comes in, unless the server drains as a whole.
 * - `inFlight`: frames whose reply is owed.
 * - `deadlineIn`: when what is left is aborted; none for one that serves, or where the patience has no end.
 *
 * @category models
 * @since 0.1.0
 */
export interface GenerationInfo {
  readonly id: number
  readonly state: "serving" | "draining"
  readonly connections: number
  readonly inFlight: number
  readonly deadlineIn?: Duration.Duration
}

export const infoOfGeneration = (generation: Generation, now: number): GenerationInfo => {
  const { deadlineAt, id, inFlight, isDraining, size } = generation
  const info: GenerationInfo = { id, state: isDraining ? "draining" : "serving", connections: size, inFlight }
  if (deadlineAt === undefined || deadlineAt === Number.POSITIVE_INFINITY) return info
  return { ...info, deadlineIn: Duration.millis(Math.max(0, deadlineAt - now)) }
}

/** RST to all connections that one generation has now, whether it serves or drains. */
export const abortGeneration = ({ parts }: ServerCore, id: number): Effect.Effect<boolean> =>
  // Not in the caller's step, which may be a handler's.
  Effect.andThen(
    Effect.yieldNow,
    Effect.suspend(() => {
      const generation = parts.generations.find(id)
      return generation === undefined ? Effect.succeed(false) : Effect.as(generation.abortAll, true)
    })
  )
