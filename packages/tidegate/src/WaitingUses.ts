/**
 * The uses that a client has let in and that have no connection yet: bounded, as a waiting room has to be.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/**
 * As many uses of a client wait for a connection as may: this one was refused at once, and nothing of it was sent.
 *
 * **Shapes**
 *
 * - `target`: printed. `maxWaiting`: the option that says how many may.
 *
 * @category errors
 * @since 0.1.0
 */
export class WaitingRoomFull extends Data.TaggedError("WaitingRoomFull")<{
  readonly target: string
  readonly maxWaiting: number
}> {
  readonly errorClass = "temporary"
  override get message(): string {
    return `client of ${this.target}: as many uses wait as may (maxWaiting ${this.maxWaiting}): it may succeed later`
  }
}

export class WaitingUses {
  private readonly target: string
  private readonly maxWaiting: number
  private waiting = 0

  constructor(target: string, maxWaiting: number) {
    this.target = target
    this.maxWaiting = maxWaiting
  }

  /** Lets a use in unless the room is full; it counts until it has called `begun`, or has ended. */
  enter<A, E, R>(
    isFull: (waiting: number, maxWaiting: number) => boolean,
    use: (begun: () => void) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | WaitingRoomFull, R> {
    return Effect.suspend(() => {
      let isWaiting = false
      const begun = (): void => {
        if (isWaiting) this.waiting--
        isWaiting = false
      }
      // Counted inside: between two operations it may be interrupted, and would count for ever.
      const entered = Effect.suspend((): Effect.Effect<A, E | WaitingRoomFull, R> => {
        const { maxWaiting, target, waiting } = this
        if (isFull(waiting, maxWaiting)) return Effect.fail(new WaitingRoomFull({ target, maxWaiting }))
        this.waiting++
        isWaiting = true
        return use(begun)
      })
      return Effect.onExit(entered, () => Effect.sync(begun))
    })
  }
}
