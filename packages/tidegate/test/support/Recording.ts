/**
 * The events of a server, kept in order and awaitable.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { EventSink, type ServerEvent } from "tidegate/Events"

type Tag = ServerEvent["_tag"]

export class Recording {
  readonly events: Array<ServerEvent> = []
  onEvent: (event: ServerEvent) => void = () => {}
  // A queue, because its takers are scheduled: a test must not run inside the server's step.
  private readonly arrivals: Queue.Queue<void>

  private constructor(arrivals: Queue.Queue<void>) {
    this.arrivals = arrivals
  }

  static readonly make: Effect.Effect<Recording> = Effect.map(Queue.unbounded<void>(), (queue) => new Recording(queue))

  /** Records the events of the servers that the effect makes. */
  readonly of = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.provideService(effect, EventSink, (event) => {
      this.events.push(event)
      this.onEvent(event)
      Queue.offerUnsafe(this.arrivals, undefined)
    })

  tagged<T extends Tag>(tag: T): ReadonlyArray<Extract<ServerEvent, { readonly _tag: T }>> {
    return this.events.filter((event): event is Extract<ServerEvent, { readonly _tag: T }> => event._tag === tag)
  }

  get tags(): ReadonlyArray<Tag> {
    return this.events.map((event) => event._tag)
  }

  /** Waits until an event with this tag has happened `count` times; for one waiter at a time. */
  until(tag: Tag, count = 1): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.tagged(tag).length >= count
        ? Effect.void
        : Effect.flatMap(Queue.take(this.arrivals), () => this.until(tag, count))
    )
  }
}
