/**
 * Priorities that change at a few places.
 *
 * @since 0.1.0
 */
import { Dispatcher } from "./Dispatcher.ts"
import { graceOperations } from "./RandomWalk.ts"
import { fractionFor, seeded } from "./SeededRandom.ts"
import type { Strategy } from "./Strategy.ts"
import type { Turn } from "./Turn.ts"

/** Decisions for which the oldest is passed over, at most: one that yields until another has moved must let it move. */
const patience = 100

/**
 * Probabilistic concurrency testing: always the highest priority, and `depth - 1` times the one that runs falls below all others.
 *
 * Priorities belong to the queues of tasks, of which each fiber has one: that is what takes turns here.
 *
 * @category constructors
 * @since 0.1.0
 */
export const pct = (seed: number, depth: number, operations: number): Strategy => {
  const falls = fallsAmong(seed, depth, operations)
  const priorities = new Map<unknown, number>()
  const priorityOf = (turn: Turn): number => {
    const known = priorities.get(turn)
    if (known !== undefined) return known
    const drawn = fractionFor(seed, turn.ordinal, 0)
    priorities.set(turn, drawn)
    return drawn
  }
  let operation = 0
  let passedOver = 0
  const isHigherReady = (own: unknown, ready: ReadonlyArray<Turn>): boolean => {
    if (ready.length === 0 || !(own instanceof Dispatcher)) return false
    const mine = priorityOf(own)
    return ready.some((turn) => turn !== own && priorityOf(turn) > mine)
  }
  return {
    choose: (ready) => {
      const highest = indexOfHighest(ready, priorityOf)
      passedOver = highest === 0 ? 0 : passedOver + 1
      if (passedOver <= patience) return highest
      passedOver = 0
      priorities.set(ready[0], 1 + operation)
      return 0
    },
    meet: (life) => {
      life.askedFrom = 1
    },
    yields: (life, own, ready) => {
      operation++
      const falling = operation >= (falls.at(-1)?.operation ?? Number.POSITIVE_INFINITY)
      if (falling) priorities.set(own, falls.pop()?.priority ?? 0)
      if (!falling && !isHigherReady(own, ready)) return false
      life.askedFrom = life.operations + graceOperations
      return true
    }
  }
}

const indexOfHighest = (ready: ReadonlyArray<Turn>, priorityOf: (turn: Turn) => number): number => {
  let highest = Number.NEGATIVE_INFINITY
  let index = 0
  for (const [at, turn] of ready.entries()) {
    const priority = priorityOf(turn)
    if (priority <= highest) continue
    highest = priority
    index = at
  }
  return index
}

/**
 * At which operations of the run somebody falls, last first, and how low: who falls last need not be the lowest.
 *
 * As many among the first ten operations as among the next hundred: how long a run is shows only at its end, and places drawn
 * evenly from too many would mostly lie beyond it.
 */
const fallsAmong = (seed: number, depth: number, operations: number) => {
  const draw = seeded(seed)
  const magnitudes = Math.ceil(Math.log2(operations)) + 1
  const fallAt = () => 1 + draw(Math.min(operations, 2 ** draw(magnitudes)))
  const falls = Array.from({ length: depth - 1 }, (_, at) => ({ operation: fallAt(), priority: -1 - at }))
  return falls.sort((a, b) => b.operation - a.operation)
}
