/**
 * What arrives later, in the order in which it will arrive.
 *
 * @since 0.1.0
 */

/**
 * One thing that arrives; it runs in a step of its own and never suspends.
 *
 * @category models
 * @since 0.1.0
 */
export type Delivery = () => void

/**
 * Whose things arrive.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sender {
  /** The first of what it has delayed is not delayed any more. */
  left(): void
}

/**
 * One thing that arrives later.
 *
 * **Shapes**
 *
 * - `at`: in milliseconds of the network's clock. `tie`: who is first among those of the same millisecond.
 *
 * @category models
 * @since 0.1.0
 */
export interface Delayed {
  readonly at: number
  readonly tie: number
  readonly from: Sender
  readonly delivery: Delivery
}

interface Entry extends Delayed {
  readonly sequence: number
}

/**
 * A heap by time, then tie, then order of arrival.
 *
 * @category models
 * @since 0.1.0
 */
export class DelayQueue {
  private readonly heap: Array<Entry> = []
  private added = 0

  get size(): number {
    return this.heap.length
  }

  /** When the first one arrives. */
  get nextAt(): number | undefined {
    return this.heap[0]?.at
  }

  push({ at, delivery, from, tie }: Delayed): void {
    const { heap } = this
    const entry: Entry = { at, tie, from, delivery, sequence: this.added++ }
    let place = heap.length
    while (place > 0) {
      const above = (place - 1) >> 1
      const parent = heap[above]
      if (parent === undefined || !isBefore(entry, parent)) break
      heap[place] = parent
      place = above
    }
    heap[place] = entry
  }

  /** The first one, if it has arrived by `now`. */
  takeDue(now: number): Delayed | undefined {
    const first = this.heap[0]
    if (first === undefined || first.at > now) return undefined
    const last = this.heap.pop()
    if (last !== undefined && this.heap.length > 0) this.sink(last)
    return first
  }

  clear(): void {
    this.heap.length = 0
  }

  private sink(entry: Entry): void {
    const { heap } = this
    let place = 0
    for (;;) {
      const left = heap[2 * place + 1]
      if (left === undefined) break
      const right = heap[2 * place + 2]
      const isRight = right !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (!isBefore(child, entry)) break
      heap[place] = child
      place = 2 * place + (isRight ? 2 : 1)
    }
    heap[place] = entry
  }
}

const isBefore = (one: Entry, other: Entry): boolean => {
  if (one.at !== other.at) return one.at < other.at
  return one.tie === other.tie ? one.sequence < other.sequence : one.tie < other.tie
}
