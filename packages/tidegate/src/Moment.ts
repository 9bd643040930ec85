/**
 * A value that changes, followed from one moment to the next.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type WakeList, waitUntil } from "./WakeList.ts"

/**
 * What a value is at one moment, and the way to the moment after it.
 *
 * **When to use**
 *
 * To follow a value step by step. `ServerStream` makes a `Stream` of it, which costs an idle server more memory than all of its own code.
 *
 * **Shapes**
 *
 * - `next`: the moment that follows, at once if there is one already; `undefined` after the last. It can be asked any number of times.
 *
 * **Interruption**
 *
 * - Of `next`: consumes nothing.
 *
 * **Limits**
 *
 * - Moments are kept for as long as somebody holds one that came before them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Moment<out A> {
  readonly value: A
  readonly next: Effect.Effect<Moment<A> | undefined>
}

/** A value whose every change becomes a {@link Moment}, up to the last: who follows them misses none, however late he comes. */
export class Timeline<A> {
  private latest: Link<A>
  private readonly watchers: WakeList
  private readonly isLast: (value: A) => boolean

  constructor(first: A, watchers: WakeList, isLast: (value: A) => boolean) {
    this.latest = { value: first, after: undefined }
    this.watchers = watchers
    this.isLast = isLast
  }

  get value(): A {
    return this.latest.value
  }

  /** From now on; who waits for it is told by the watchers' next wake-up. */
  set value(value: A) {
    const link = { value, after: undefined }
    this.latest.after = link
    this.latest = link
  }

  /** What it is now. */
  get now(): Effect.Effect<Moment<A>> {
    return Effect.sync(() => this.momentOf(this.latest))
  }

  private momentOf(link: Link<A>): Moment<A> {
    return { value: link.value, next: this.isLast(link.value) ? Effect.undefined : this.nextOf(link) }
  }

  private nextOf(link: Link<A>): Effect.Effect<Moment<A> | undefined> {
    const changed = waitUntil(this.watchers, () => link.after !== undefined)
    // Not in the step of who changes it, which wakes.
    return Effect.map(Effect.andThen(changed, Effect.yieldNow), () => link.after && this.momentOf(link.after))
  }
}

/** Points forward only, so that what nobody follows any more is garbage. */
interface Link<A> {
  readonly value: A
  after: Link<A> | undefined
}
