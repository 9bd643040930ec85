/**
 * What a person wants to know of a run besides its trace.
 *
 * @since 0.1.0
 */
import type { Fiber } from "effect/Fiber"
import type { FiberCensus } from "../../FiberCensus.ts"
import { ReadyList } from "./ReadyList.ts"
import type { Strategy } from "./Strategy.ts"

/**
 * Something that is said beside the trace, which is compared and looked through without it.
 *
 * - `index`: of the entry that came next. `at`: virtual milliseconds. `moment`: earlier ones have lower numbers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Remark {
  readonly index: number
  readonly at: number
  readonly moment: number
  readonly text: string
}

/** Where a run is, so far. */
type Place = Pick<Remark, "at" | "index">

interface Seen extends Place {
  readonly fiber: Fiber<unknown, unknown>
  /** As in recorded schedules. */
  readonly ordinal: number
  index: number
  at: number
  moment: number
}

/** Enough to go by; how many there are is known anyway. */
const mostNamed = 10

/**
 * Keeps for one run where it departed from first ready, first run, and where each of its fibers was last.
 *
 * @category models
 * @since 0.1.0
 */
export class Watch {
  readonly departures: Array<Remark> = []
  private readonly fibers = new Map<number, Seen>()
  private readonly counted: Array<Seen> = []
  private moment = 0
  private here = (): Place => ({ index: 0, at: 0 })
  private census: FiberCensus | undefined

  begin(here: () => Place, census: FiberCensus): void {
    this.here = here
    this.census = census
  }

  readonly departed = (text: string): void => {
    this.departures.push({ ...this.here(), moment: this.moment++, text })
  }

  /** Before each operation of each fiber. */
  sees(fiber: Fiber<unknown, unknown>): void {
    const seen = this.fibers.get(fiber.id) ?? this.meets(fiber)
    const { at, index } = this.here()
    seen.at = at
    seen.index = index
    seen.moment = this.moment++
  }

  /** The first ones, in the order in which they ran for the first time, of those that count and have not ended. */
  get left(): ReadonlyArray<Remark & { readonly ordinal: number }> {
    return this.counted
      .filter(({ fiber }) => fiber.pollUnsafe() === undefined)
      .slice(0, mostNamed)
      .map(({ at, index, moment, ordinal }) => {
        return { at, index, moment, ordinal, text: `fiber ${ordinal} gets no further` }
      })
  }

  private meets(fiber: Fiber<unknown, unknown>): Seen {
    const seen: Seen = { fiber, ordinal: this.fibers.size, index: 0, at: 0, moment: 0 }
    this.fibers.set(fiber.id, seen)
    // Now, since parts of a fiber may run in the census of somebody else.
    if (fiber.cache.runtimeMetrics === this.census) this.counted.push(seen)
    return seen
  }
}

/**
 * A list that is watched; the ordinary one is asked before every operation and has no time for it.
 *
 * @category models
 * @since 0.1.0
 */
export class WatchedReadyList extends ReadyList {
  private readonly watch: Watch

  constructor(strategy: Strategy, watch: Watch) {
    super(strategy)
    this.watch = watch
  }

  override shouldYield(fiber: Fiber<unknown, unknown>): boolean {
    this.watch.sees(fiber)
    return super.shouldYield(fiber)
  }
}
