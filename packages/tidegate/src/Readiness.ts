/**
 * Whether a server wants to be sent clients.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Moment } from "./Moment.ts"
import type { ServerCore } from "./ServerCore.ts"
import { waitUntil } from "./WakeList.ts"

/**
 * Whether a server wants to be sent clients, for what answers a balancer or an orchestrator.
 *
 * **When to use**
 *
 * In an endpoint that is asked for readiness. A server offers it as `server.readiness`, and `Server.readiness` makes it a service.
 *
 * **Shapes**
 *
 * - `isReady`: it listens, is not suspended, has a place for one more connection, and no shutdown has begun. In a shutdown's
 *   `drainDelay` it accepts and is not ready any more: that is what the delay is for.
 * - `changes`: what it is now, and from there every change; the last one is when the server has stopped. Of changes that cancel each
 *   other out before a reader comes to look, that reader sees none. As a stream: `ServerStream.readiness`.
 *
 * @category services
 * @source FF-92
 * @since 0.1.0
 */
export class Readiness extends Context.Service<
  Readiness,
  {
    readonly isReady: Effect.Effect<boolean>
    readonly changes: Effect.Effect<Moment<boolean>>
  }
>()("tidegate/Readiness") {}

export const isReadyUnsafe = ({ gate, isEnding, isSuspended, parts }: ServerCore): boolean =>
  gate !== undefined && !isSuspended && !isEnding && !parts.admission.isFull

/** Of one server. */
export const readinessOf = (core: ServerCore): Readiness["Service"] => {
  const isReady = Effect.sync(() => isReadyUnsafe(core))
  return { isReady, changes: Effect.map(isReady, (now) => momentOf(core, now)) }
}

const momentOf = (core: ServerCore, value: boolean): Moment<boolean> => ({ value, next: nextOf(core, value) })

const nextOf = (core: ServerCore, last: boolean): Effect.Effect<Moment<boolean> | undefined> => {
  const { state, watchers } = core.parts
  const hasStopped = (): boolean => state.value === "stopped"
  const changed = waitUntil(watchers, () => isReadyUnsafe(core) !== last || hasStopped())
  // Not in the server's step, which wakes it.
  return Effect.flatMap(Effect.andThen(changed, Effect.yieldNow), () => {
    const now = isReadyUnsafe(core)
    if (now !== last) return Effect.succeed(momentOf(core, now))
    return hasStopped() ? Effect.undefined : nextOf(core, last)
  })
}
