/**
 * Waiting for a number of connections.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { InvalidOptions, type ServerClosed } from "./Errors.ts"
import { print } from "./OptionChecks.ts"
import type { ServerCore } from "./ServerCore.ts"
import { waitUntil } from "./WakeList.ts"

type Outcome = Effect.Effect<number, ServerClosed>

/**
 * Suspends until the predicate holds for the number of live connections; it is asked in the step of every change, so that a number
 * that does not last is not missed.
 */
export const awaitConnections = (
  core: ServerCore,
  predicate: (connections: number) => boolean
): Effect.Effect<number, InvalidOptions | ServerClosed> =>
  Effect.suspend((): Effect.Effect<number, InvalidOptions | ServerClosed> => {
    if (typeof predicate !== "function") return Effect.fail(noPredicate(predicate))
    let outcome: Outcome | undefined
    const look = (): boolean => {
      outcome ??= outcomeOf(core, predicate)
      return outcome !== undefined
    }
    // Not in the server's step, which wakes it.
    const decided = Effect.andThen(waitUntil(core.parts.watchers, look), Effect.yieldNow)
    return Effect.flatMap(decided, () => outcome ?? Effect.fail(core.closed))
  })

const outcomeOf = (core: ServerCore, predicate: (connections: number) => boolean): Outcome | undefined => {
  const { generations, state } = core.parts
  const connections = generations.size
  try {
    if (predicate(connections)) return Effect.succeed(connections)
  } catch (defect) {
    // The caller's, and no business of the step that has asked.
    return Effect.die(defect)
  }
  return state.value === "stopped" ? Effect.fail(core.closed) : undefined
}

const noPredicate = (given: unknown): InvalidOptions =>
  new InvalidOptions({ issue: `predicate: got ${print(given)}, expected a function of the number of connections` })
