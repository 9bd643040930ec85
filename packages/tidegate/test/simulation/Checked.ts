/**
 * A check that says how far it went: a long run has nothing else to show.
 */
import { type CheckOptions, check, type Property } from "@tidegate/testing/Check"
import type { CheckFailed } from "@tidegate/testing/CheckFailed"
import * as Effect from "effect/Effect"

export const checked = <S, A>(property: Property<S, A>, options: CheckOptions): Effect.Effect<void, CheckFailed> =>
  Effect.flatMap(check(property, options), ({ batches, runs, seed }) =>
    Effect.logInfo(`${property.name}: ${runs} scenarios in ${batches} batches, seed ${seed}`)
  )
