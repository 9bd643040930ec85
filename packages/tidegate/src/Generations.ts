/**
 * The generations of a server: the newest takes the connections that come in, the older ones drain.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Generation, Postpone } from "./Generation.ts"
import type { Proxied } from "./Proxied.ts"
import type { Slot } from "./Slot.ts"
import type { Tally } from "./Tally.ts"
import type { Connection } from "./TransportConnection.ts"

export class Generations {
  private newest: Generation
  private readonly older: Array<Generation> = []
  private acceptedBefore = 0
  private endedBefore = 0

  constructor(first: Generation) {
    this.newest = first
  }

  get current(): Generation {
    return this.newest
  }

  /** All that are not gone yet, the oldest first. */
  get all(): ReadonlyArray<Generation> {
    return [...this.older, this.newest]
  }

  find(id: number): Generation | undefined {
    return this.all.find((generation) => generation.id === id)
  }

  /** Live connections. */
  get size(): number {
    return sumOf(this.all, ({ size }) => size)
  }

  /** Frames (or whole handlers) whose reply is owed. */
  get inFlight(): number {
    return sumOf(this.all, ({ inFlight }) => inFlight)
  }

  /** Connections taken over the server's whole life. */
  get accepted(): number {
    return this.acceptedBefore + sumOf(this.all, ({ accepted }) => accepted)
  }

  get ended(): number {
    return this.endedBefore + sumOf(this.all, ({ ended }) => ended)
  }

  /** Gives a connection to the newest generation, in the step that calls it. */
  adoptUnsafe(connection: Connection, slot: Slot, proxied: Proxied | undefined): void {
    this.newest.adoptUnsafe(connection, slot, proxied)
  }

  /** From this step on connections belong to `next`; the generation before it is returned, and stays listed until it is retired. */
  advanceUnsafe(next: Generation): Generation {
    const before = this.newest
    this.older.push(before)
    this.newest = next
    return before
  }

  /** Forgets a generation that has no connection left. */
  retireUnsafe(generation: Generation): void {
    const at = this.older.indexOf(generation)
    if (at < 0) return
    this.older.splice(at, 1)
    this.acceptedBefore += generation.accepted
    this.endedBefore += generation.ended
  }

  /** From now on the tally counts how connections end, whatever generation they are of. */
  countIntoUnsafe(tally: Tally): void {
    for (const generation of this.all) generation.countIntoUnsafe(tally)
  }

  /** Tells every connection in the same instant, or leaves the telling of those without work to `postpone`. */
  drainUnsafe(postpone?: Postpone): void {
    for (const generation of this.all) generation.drainUnsafe(postpone)
  }

  /** RST to every connection, now. */
  abortUnsafe(): void {
    for (const generation of this.all) generation.abortUnsafe()
  }

  /** Suspends until no connection is left. */
  get empty(): Effect.Effect<void> {
    return Effect.suspend(() => Effect.forEach(this.all, (generation) => generation.empty, { discard: true }))
  }
}

const sumOf = (generations: ReadonlyArray<Generation>, of: (generation: Generation) => number): number =>
  generations.reduce((sum, generation) => sum + of(generation), 0)
