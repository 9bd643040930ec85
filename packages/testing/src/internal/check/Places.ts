/**
 * Where the fibers of a run could have to yield.
 *
 * @since 0.1.0
 */

import type { Property } from "../../Check.ts"
import type { Schedule } from "../../Schedule.ts"
import type { Departure } from "./Departures.ts"
import { type Input, tryOnce } from "./Trial.ts"

/** Of a fiber that yields whenever it may, the last operation on record is at most so many before its last one. */
const unrecorded = 2

/** Every place for a forced yield, as far as a run shows them in which everybody yields as often as possible. */
export const placesOf = <S, A>(property: Property<S, A>, input: Input<S>): ReadonlyArray<Departure> => {
  const schedule: Schedule = { _tag: "random", seed: input.seed, operationsPerYield: 1 }
  const yields = tryOnce(property, { ...input, schedule }, { record: true }).outcome.schedule?.yields ?? []
  const last = new Map<number, number>()
  for (const [fiber, operation] of yields) last.set(fiber, Math.max(operation, last.get(fiber) ?? 0))
  return [...last].flatMap(([fiber, operation]) =>
    Array.from({ length: operation + unrecorded }, (_, at): Departure => ({ kind: "yield", entry: [fiber, at + 1] }))
  )
}

/** Each place, then each with one that is known to matter, then every two. */
export const onesAndTwos = function* (
  places: ReadonlyArray<Departure>,
  known: ReadonlyArray<Departure>
): Generator<ReadonlyArray<Departure>> {
  for (const place of places) yield [place]
  for (const one of known) for (const other of places) yield [one, other]
  for (const [at, one] of places.entries()) for (const other of places.slice(at + 1)) yield [one, other]
}
