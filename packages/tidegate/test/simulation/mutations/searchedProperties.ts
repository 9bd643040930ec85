/** What a mutated server has to face. */
import type { Property } from "@tidegate/testing/Check"
import { deadlines, deadlinesReducedTo } from "../deadlines/deadlinesProperty.ts"
import { handshakes, handshakesReducedTo } from "../handshakes/handshakesProperty.ts"
import { invariants, type PropertyName } from "../Invariants.ts"
import type { Life } from "../Life.ts"
import { limits, limitsOf } from "../limits/limitsProperty.ts"
import { listenerLoss } from "../listenerLoss/property.ts"
import { modelOf } from "../Model.ts"
import { liveness, safety, slowReader } from "../properties.ts"
import { restarts, restartsReducedTo } from "../restarts/property.ts"
import { suspensions, suspensionsReducedTo } from "../suspensions/property.ts"
import { type Searched, searched } from "./Search.ts"

/** The property as the suite runs it. */
export const whole: ReadonlyArray<Searched> = [
  searched(safety),
  searched(liveness),
  searched(slowReader),
  searched(restarts),
  searched(suspensions),
  searched(limits),
  searched(deadlines),
  searched(listenerLoss),
  searched(handshakes)
]

/**
 * The first property that checks the first of these invariants, reduced to them: else an invariant whose check stands behind
 * another's would never be seen to work.
 */
export const reducedTo = (ids: ReadonlyArray<string>, named?: PropertyName): Searched => {
  const property = named ?? entryOf(ids[0]).by?.[0]
  const entries = ids.map(entryOf).filter(({ by }) => property !== undefined && by?.includes(property))
  const checks = entries.flatMap(({ checks }) => checks ?? [])
  const reduced = <S extends Life>(property: Property<S, void>): Property<S, void> => ({
    ...property,
    verify: (life, { trace }) => {
      const model = modelOf(trace.entries, life)
      for (const check of checks) check(model, life)
    }
  })
  switch (property) {
    case "safety":
      return searched(reduced(safety))
    case "liveness":
      return searched(reduced(liveness))
    case "slow reader":
      return searched(slowReader)
    case "restarts":
      return searched(restartsReducedTo(ids))
    case "suspensions":
      return searched(suspensionsReducedTo(ids))
    case "deadlines":
      return searched(deadlinesReducedTo(ids))
    case "handshakes":
      return searched(handshakesReducedTo(ids))
    case "limits":
      return searched(limitsOf(ids))
    case "listener loss":
      return searched(reduced(listenerLoss))
    default:
      throw new Error(`no property checks ${ids[0]}`)
  }
}

const entryOf = (id: string | undefined): (typeof invariants)[number] => {
  const entry = invariants.find((entry) => entry.id === id)
  if (entry === undefined) throw new Error(`there is no invariant ${id}`)
  return entry
}
