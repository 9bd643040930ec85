/**
 * Everything that happened in one run, in one total order.
 *
 * @since 0.1.0
 */
import type { Clock } from "effect/Clock"
import type { ServerEvent } from "tidegate/Events"
import type { NetworkEvent } from "./NetworkEvent.ts"

/**
 * What a program has to say about itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface Note {
  readonly note: string
  readonly about: Readonly<Record<string, unknown>>
}

/**
 * One thing that happened; `at` is in milliseconds of virtual time.
 *
 * @category models
 * @since 0.1.0
 */
export type TraceEntry =
  | { readonly at: number; readonly source: "network"; readonly event: NetworkEvent }
  | { readonly at: number; readonly source: "server"; readonly event: ServerEvent }
  | { readonly at: number; readonly source: "program"; readonly event: Note }

/**
 * The trace of a run.
 *
 * **When to use**
 *
 * After a run, to check what has to hold with one scan from front to back; order decides, not time, since much happens in the same
 * millisecond.
 *
 * @category models
 * @since 0.1.0
 */
export class Trace {
  readonly entries: Array<TraceEntry> = []
  private readonly clock: Clock

  constructor(clock: Clock) {
    this.clock = clock
  }

  readonly network = (event: NetworkEvent): void => {
    this.entries.push({ at: this.clock.currentTimeMillisUnsafe(), source: "network", event })
  }

  readonly server = (event: ServerEvent): void => {
    this.entries.push({ at: this.clock.currentTimeMillisUnsafe(), source: "server", event })
  }

  readonly note = (note: string, about: Readonly<Record<string, unknown>> = {}): void => {
    this.entries.push({ at: this.clock.currentTimeMillisUnsafe(), source: "program", event: { note, about } })
  }
}
