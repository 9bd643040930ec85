/**
 * The dialled connections of one client: each with the scope that it lives in, each ended in the same way, all drained together.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Connection } from "./Connection.ts"
import { type CloseSettings, closeWithin } from "./LingeringClose.ts"
import { OwnFibers } from "./OwnFibers.ts"
import { WakeList, waitUntil } from "./WakeList.ts"

/**
 * What a drain has done.
 *
 * **Shapes**
 *
 * - `ended`: connections that got everything that they were owed, and FIN. `aborted`: those that were cut at the deadline, or had
 *   stalled.
 *
 * @category models
 * @since 0.1.0
 */
export interface DrainReport {
  readonly ended: number
  readonly aborted: number
}

export class OwnedConnection {
  readonly connection: Connection
  readonly life: Scope.Closeable
  /** When it was opened, in the order in which everything of this client happens. */
  readonly opened: number
  /** How often it was lent. */
  uses = 0
  isRetired = false
  private lent = 0
  private cut = false
  private readonly wakes = new WakeList()

  constructor(connection: Connection, life: Scope.Closeable, opened: number) {
    this.connection = connection
    this.life = life
    this.opened = opened
  }

  /** Nothing can be read from it any more but what has arrived already. */
  get isOver(): boolean {
    const { transport } = this.connection
    return transport.inputEnd !== undefined || transport.closeReason !== undefined || transport.ended
  }

  lendUnsafe(): void {
    this.lent++
    this.uses++
  }

  giveBackUnsafe(): void {
    this.lent--
    if (this.lent === 0) this.wakes.wakeAll()
  }

  /** Suspends until nobody uses it any more, or nobody can. */
  get unused(): Effect.Effect<void> {
    return waitUntil(
      { add: (wake) => this.wakes.add(wake), remove: (wake) => this.wakes.remove(wake) },
      () => this.lent === 0 || this.cut
    )
  }

  abortUnsafe(): void {
    this.cut = true
    this.connection.transport.abortUnsafe()
    this.wakes.wakeAll()
  }
}

export class OwnedConnections {
  private readonly close: CloseSettings
  private readonly ends: OwnFibers
  private readonly live = new Set<OwnedConnection>()
  private events = 0
  private ended = 0
  private aborted = 0
  private isDraining = false

  constructor(run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>, close: CloseSettings) {
    this.close = close
    this.ends = new OwnFibers(run)
  }

  /** The place of what happens now among everything that happens to this client. */
  next(): number {
    return ++this.events
  }

  /**
   * Opens one more.
   *
   * **Interruption**
   *
   * - Leaves nothing open.
   */
  open<E, R>(dial: Effect.Effect<Connection, E, R>): Effect.Effect<OwnedConnection, E, Exclude<R, Scope.Scope>> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Scope.make(), (life) =>
        Effect.onError(restore(Scope.provide(dial, life)), (cause) => Scope.close(life, Exit.failCause(cause))).pipe(
          Effect.map((connection) => {
            const owned = new OwnedConnection(connection, life, this.next())
            this.live.add(owned)
            if (this.isDraining) this.retireUnsafe(owned)
            return owned
          })
        )
      )
    )
  }

  /** Ends it as soon as nobody uses it any more; returns at once. */
  retireUnsafe(owned: OwnedConnection): void {
    if (owned.isRetired) return
    owned.isRetired = true
    owned.connection.beginDrainUnsafe()
    const end = Effect.flatMap(owned.unused, () => closeWithin(owned.connection, this.close))
    this.ends.start(
      Effect.onExit(end, (exit) => {
        if (Exit.isSuccess(exit) && exit.value) this.ended++
        else this.aborted++
        this.live.delete(owned)
        return Scope.close(owned.life, Exit.void)
      })
    )
  }

  /** Ends all of them, those in use when their use has ended, and waits for `others`; at the deadline it aborts what is left. */
  drain(drainTimeout: number, others: Effect.Effect<unknown>): Effect.Effect<DrainReport> {
    return Effect.suspend(() => {
      const before = { ended: this.ended, aborted: this.aborted }
      this.isDraining = true
      for (const owned of this.live) this.retireUnsafe(owned)
      const everything = Effect.andThen(others, this.gone)
      return Effect.flatMap(Effect.timeoutOption(everything, drainTimeout), (done) => {
        if (Option.isNone(done)) for (const owned of this.live) owned.abortUnsafe()
        return Effect.map(this.gone, () => ({
          ended: this.ended - before.ended,
          aborted: this.aborted - before.aborted
        }))
      })
    })
  }

  private get gone(): Effect.Effect<void> {
    return Effect.flatMap(this.ends.idle, () => (this.live.size === 0 ? Effect.void : this.gone))
  }
}
