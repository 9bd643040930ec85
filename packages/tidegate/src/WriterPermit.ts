/**
 * The writer's semaphore: one permit, strictly first come first served.
 *
 * Effect's `Semaphore` does the same for fibers; this one can also be asked from inside a step (`isFreeUnsafe`), which is
 * where almost every reply is written, and costs no allocation until two writers meet.
 */
import * as Effect from "effect/Effect"

interface Turn {
  wake: (() => void) | undefined
}

export class WriterPermit {
  private taken = false
  private keptForEver = false
  private readonly queue: Array<Turn> = []

  /** Nobody holds it and nobody waits. */
  isFreeUnsafe(): boolean {
    return !this.taken && this.queue.length === 0
  }

  /** Who holds it will never give it back. */
  isKeptForEver(): boolean {
    return this.keptForEver
  }

  /**
   * Waits for the turn, runs `use` with the permit, gives it back.
   *
   * **Interruption**
   *
   * - While it waits: the place in the queue is given up. `use` itself is run uninterruptibly unless it restores.
   */
  withPermit<A, E>(
    use: (restore: <A1, E1>(effect: Effect.Effect<A1, E1>) => Effect.Effect<A1, E1>) => Effect.Effect<A, E>
  ): Effect.Effect<A, E> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(this.take(restore), () =>
        Effect.onExit(
          Effect.suspend(() => use(restore)),
          () => Effect.sync(() => this.releaseUnsafe())
        )
      )
    )
  }

  /** Waits for the turn, then keeps the permit for ever: everybody still queued or coming later finds it so. */
  keepForEver(): Effect.Effect<void> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.map(this.take(restore), () => {
        this.keptForEver = true
        for (const turn of this.queue.splice(0)) turn.wake?.()
      })
    )
  }

  private take(restore: (effect: Effect.Effect<void>) => Effect.Effect<void>): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.keptForEver) return Effect.void
      if (this.isFreeUnsafe()) {
        this.taken = true
        return Effect.void
      }
      const turn: Turn = { wake: undefined }
      this.queue.push(turn)
      return Effect.onInterrupt(this.awaitTurn(turn, restore), () => Effect.sync(() => this.leaveUnsafe(turn)))
    })
  }

  /**
   * A wake-up does not hand the permit over: the turn keeps its place until its fiber runs and takes it, so that a fiber
   * interrupted in between leaks nothing. It runs in a scheduler turn of its own, as with Effect's `Semaphore`: resumed where the
   * permit was given back, the last of a line would be the first to learn what became of it, and 700 overflow the stack.
   */
  private awaitTurn(turn: Turn, restore: (effect: Effect.Effect<void>) => Effect.Effect<void>): Effect.Effect<void> {
    const isNext = (): boolean => this.keptForEver || (!this.taken && this.queue[0] === turn)
    const wait = restore(
      Effect.callback<void>((resume) => {
        if (isNext()) {
          resume(Effect.void)
          return
        }
        turn.wake = () => resume(Effect.yieldNow)
        return Effect.sync(() => {
          turn.wake = undefined
        })
      })
    )
    const attempt: Effect.Effect<void> = Effect.flatMap(wait, () => {
      if (!isNext()) return attempt
      if (this.keptForEver) return Effect.void
      this.queue.shift()
      this.taken = true
      return Effect.void
    })
    return attempt
  }

  private leaveUnsafe(turn: Turn): void {
    const at = this.queue.indexOf(turn)
    if (at < 0) return
    this.queue.splice(at, 1)
    this.wakeNextUnsafe()
  }

  private releaseUnsafe(): void {
    if (this.keptForEver) return
    this.taken = false
    this.wakeNextUnsafe()
  }

  private wakeNextUnsafe(): void {
    if (this.taken) return
    const next = this.queue[0]
    const wake = next?.wake
    if (next !== undefined) next.wake = undefined
    wake?.()
  }
}
