/**
 * What is to happen, earliest first.
 *
 * @since 0.1.0
 */

/**
 * Something that is to happen at a time; what is set for the same time happens in the order in which it was set.
 *
 * @category models
 * @since 0.1.0
 */
export class Timer {
  readonly at: number
  readonly sequence: number
  readonly wake: () => void
  /** Where the heap has it; -1 when it has not. */
  index = -1

  constructor(at: number, sequence: number, wake: () => void) {
    this.at = at
    this.sequence = sequence
    this.wake = wake
  }
}

/**
 * A binary heap whose members know their place, so that removing one takes as few steps as adding one and leaves nothing behind.
 *
 * @category models
 * @since 0.1.0
 */
export class TimerHeap {
  private readonly timers: Array<Timer> = []

  get size(): number {
    return this.timers.length
  }

  get first(): Timer | undefined {
    return this.timers[0]
  }

  add(timer: Timer): void {
    this.rise(timer, this.timers.length)
  }

  /** Without effect when it is not there. */
  remove(timer: Timer): void {
    const at = timer.index
    if (at < 0) return
    timer.index = -1
    const last = this.timers.pop()
    if (last === undefined || last === timer) return
    const parent = this.timers[(at - 1) >> 1]
    if (at > 0 && parent !== undefined && isBefore(last, parent)) this.rise(last, at)
    else this.sink(last, at)
  }

  private rise(timer: Timer, from: number): void {
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = this.timers[above]
      if (parent === undefined || !isBefore(timer, parent)) break
      this.put(parent, at)
      at = above
    }
    this.put(timer, at)
  }

  private sink(timer: Timer, from: number): void {
    let at = from
    for (;;) {
      const below = this.earlierChild(at)
      const child = this.timers[below]
      if (child === undefined || !isBefore(child, timer)) break
      this.put(child, at)
      at = below
    }
    this.put(timer, at)
  }

  private earlierChild(at: number): number {
    const left = 2 * at + 1
    const [first, second] = [this.timers[left], this.timers[left + 1]]
    return first !== undefined && second !== undefined && isBefore(second, first) ? left + 1 : left
  }

  private put(timer: Timer, at: number): void {
    this.timers[at] = timer
    timer.index = at
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.sequence < b.sequence)
