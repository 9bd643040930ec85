/**
 * Replies in the order in which their frames were admitted, whatever finishes first.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

/** The place of one reply: empty while its handler runs. */
export interface Place<A, E> {
  exit: Exit.Exit<A, E> | undefined
  fiber: Fiber.Fiber<A, E> | undefined
}

/**
 * A bounded queue of places: reserved at admission, filled when the handler ends, taken from the front.
 */
export class ReplyQueue<A, E> {
  /** How many frames may be in flight. */
  capacity: number
  private readonly places: Array<Place<A, E>> = []
  private failed = false

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.places.length
  }

  /** Nothing more is admitted: the bound is reached, or a handler has failed and only the replies before it still count. */
  get isClosed(): boolean {
    return this.failed || this.size >= this.capacity
  }

  /** Takes the place of a frame whose handler is about to run. */
  reserve(): Place<A, E> {
    const place: Place<A, E> = { exit: undefined, fiber: undefined }
    this.places.push(place)
    return place
  }

  /** Appends a reply that is finished already; not bound by the capacity. */
  push(exit: Exit.Exit<A, E>): void {
    this.fill(this.reserve(), exit)
  }

  fill(place: Place<A, E>, exit: Exit.Exit<A, E>): void {
    place.exit = exit
    place.fiber = undefined
    if (Exit.isFailure(exit)) this.failed = true
  }

  /** The first reply, if it is finished. */
  shiftReady(): Exit.Exit<A, E> | undefined {
    const exit = this.places[0]?.exit
    if (exit !== undefined) this.places.shift()
    return exit
  }

  /** Interrupts the handlers that still run and waits for their finalizers. */
  get interruptAll(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const fibers: Array<Fiber.Fiber<A, E>> = []
      for (const place of this.places.splice(0)) if (place.fiber !== undefined) fibers.push(place.fiber)
      return fibers.length === 0 ? Effect.void : Fiber.interruptAll(fibers)
    })
  }
}
