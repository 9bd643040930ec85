/**
 * How many connections the file descriptors of the process allow.
 *
 * A platform that runs out of descriptors may not say so (libuv accepts and closes, FF-47): the clients would see an end, the
 * server nothing. So the server stops before.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { millisecondsOf } from "./DrainDeadline.ts"
import type { DescriptorBudget } from "./Transport.ts"

/**
 * What a budget allows.
 *
 * **Shapes**
 *
 * - `budget`: as it was before any connection came; `undefined` where the transport has none to run out of.
 * - `cap`: connections that may be served or parked at once. `farewells`: more, at most, that are shed at once with a goodbye.
 */
export interface DescriptorCap {
  readonly budget: DescriptorBudget | undefined
  readonly cap: number
  readonly farewells: number
}

const mostFarewells = 256
const leastReserve = 16
const mostReserve = 512

/**
 * Descriptors left to everything but connections: files, dials, listeners, and what is accepted before anybody can refuse it. A
 * tenth, within reason.
 */
export const reserveOf = (limit: number): number => Math.min(mostReserve, Math.max(leastReserve, Math.ceil(limit / 10)))

export const capOf = (budget: DescriptorBudget | undefined): DescriptorCap => {
  if (budget === undefined || budget.limit === Infinity)
    return { budget: undefined, cap: Infinity, farewells: mostFarewells }
  const reserve = reserveOf(budget.limit)
  return {
    budget,
    cap: Math.max(0, budget.limit - budget.open - reserve),
    farewells: Math.min(mostFarewells, Math.floor(reserve / 2))
  }
}

/** The budget that is too small for this many connections, if it is; who asked for no number has asked for what there is. */
export const tooSmall = (maxConnections: number, { budget, cap }: DescriptorCap): DescriptorBudget | undefined =>
  maxConnections !== Infinity && maxConnections > cap ? budget : undefined

/** Longer than anybody looks at it in one go, shorter than anybody would wait for it. */
const gaugeAge = 1000

/** The budget as it is now, or was within the last second: to know it, the platform may have to list every descriptor. */
export const gaugeOf = (
  read: Effect.Effect<DescriptorBudget | undefined>,
  clock: Clock.Clock
): Effect.Effect<DescriptorBudget | undefined> => {
  let readAt = Number.NEGATIVE_INFINITY
  let last: DescriptorBudget | undefined
  return Effect.suspend(() => {
    const now = millisecondsOf(clock)
    if (now - readAt < gaugeAge) return Effect.succeed(last)
    return Effect.map(read, (budget) => {
      readAt = now
      last = budget
      return budget
    })
  })
}
