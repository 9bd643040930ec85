/**
 * The life of a client that stays connected: dial, hand the connection out until it is over, wait, dial again.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { ClientStopped } from "./ClientStopped.ts"
import type { Connection } from "./Connection.ts"
import { millisecondsOf } from "./DrainDeadline.ts"
import { FailureRow } from "./FailureRow.ts"
import type { OwnedConnection, OwnedConnections } from "./OwnedConnections.ts"
import type { ReconnectingSettings } from "./ReconnectingOptions.ts"
import { ConnectionLost, type ReconnectCause, type ReconnectingState } from "./ReconnectingState.ts"
import { WakeList, waitUntil } from "./WakeList.ts"

/** What the loop is made of. */
export interface LoopParts<E, R> {
  readonly target: string
  readonly settings: ReconnectingSettings<E, R>
  readonly connections: OwnedConnections
  readonly state: SubscriptionRef.SubscriptionRef<ReconnectingState<E>>
  /** Dials, and sets up. */
  readonly dial: Effect.Effect<Connection, ReconnectCause<E>, R | Scope.Scope>
}

export class ReconnectLoop<E, R> {
  private readonly parts: LoopParts<E, R>
  private readonly row: FailureRow<ReconnectCause<E>, R>
  private readonly wakes = new WakeList()
  private current: OwnedConnection | undefined
  private givenUp: (() => void) | undefined
  /** Uses under way, those of connections that are over already included: they still have their turn. */
  private lent = 0
  /** Why no connection is handed out any more. */
  end: ClientStopped | undefined

  constructor(parts: LoopParts<E, R>) {
    this.parts = parts
    this.row = new FailureRow(parts.settings.schedule, parts.settings.healthyInterval)
  }

  /** Lends the connection of this moment, waiting for one where there is none. To be run uninterruptibly. */
  borrow(restore: (effect: Effect.Effect<void>) => Effect.Effect<void>): Effect.Effect<OwnedConnection, ClientStopped> {
    return Effect.suspend(() => {
      const { usable } = this
      if (this.end !== undefined) return Effect.fail(this.end)
      // Another one may have ended it between the wake-up and this step.
      if (usable === undefined) return Effect.flatMap(restore(this.decided), () => this.borrow(restore))
      usable.lendUnsafe()
      this.lent++
      return Effect.succeed(usable)
    })
  }

  giveBackUnsafe(owned: OwnedConnection): void {
    this.lent--
    owned.giveBackUnsafe()
  }

  /** The connection of this moment, waited for where there is none. */
  get connection(): Effect.Effect<Connection, ClientStopped> {
    return Effect.suspend(() => {
      if (this.end !== undefined) return Effect.fail(this.end)
      if (this.usable !== undefined) return Effect.succeed(this.usable.connection)
      return Effect.flatMap(this.decided, () => this.connection)
    })
  }

  /** The connection that can be used now. */
  private get usable(): OwnedConnection | undefined {
    return this.current?.isOver === false ? this.current : undefined
  }

  /** A use would have a connection and its turn at once. */
  get isFree(): boolean {
    return this.usable !== undefined && this.lent < this.parts.settings.concurrency
  }

  /** Suspends until there is a usable connection, or never will be. */
  private get decided(): Effect.Effect<void> {
    const { wakes } = this
    return waitUntil(
      { add: (wake) => wakes.add(wake), remove: (wake) => wakes.remove(wake) },
      () => this.usable !== undefined || this.end !== undefined
    )
  }

  /** Hands out no connection from now on. */
  stopUnsafe(cause?: unknown): void {
    const { target } = this.parts
    this.end ??= new ClientStopped(cause === undefined ? { target } : { target, cause })
    this.current = undefined
    this.wakes.wakeAll()
  }

  /** It is not to be used again, whatever its peer does. */
  giveUpUnsafe(owned: OwnedConnection): void {
    if (owned !== this.current) return
    this.current = undefined
    this.givenUp?.()
  }

  /** Ends when the client gives up. */
  get run(): Effect.Effect<void, never, R> {
    return Effect.flatMap(Effect.exit(this.tries), (exit) => {
      if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return Effect.void
      const cause = Exit.isSuccess(exit) ? exit.value : Cause.squash(exit.cause)
      this.stopUnsafe(cause)
      const about = { target: this.parts.target, reason: cause instanceof Error ? cause.message : String(cause) }
      const told = Effect.ignoreCause(Effect.logError("client has given up", about))
      return Effect.andThen(told, SubscriptionRef.set(this.parts.state, { _tag: "stopped", cause }))
    })
  }

  private get tries(): Effect.Effect<ReconnectCause<E>, never, R> {
    const { connections, dial, settings } = this.parts
    return Effect.gen({ self: this }, function* () {
      while (true) {
        yield* this.tell({ _tag: "connecting", failures: this.row.length })
        const opened = yield* Effect.result(connections.open(dial))
        const cause = Result.isSuccess(opened) ? yield* this.serve(opened.success) : opened.failure
        if (settings.giveUpOn(cause)) return cause
        const pause = yield* this.row.next(cause)
        if (pause === undefined) return cause
        const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(pause)
        yield* this.tell({ _tag: "waiting", until, failures: this.row.length, cause })
        yield* Effect.sleep(pause)
      }
    })
  }

  /** Hands the connection out until it is over. */
  private serve(owned: OwnedConnection): Effect.Effect<ConnectionLost> {
    return Effect.gen({ self: this }, function* () {
      const clock = yield* Clock.Clock
      const began = millisecondsOf(clock)
      const { connection } = owned
      this.current = owned
      yield* this.tell({ _tag: "connected", peer: connection.peer, since: clock.currentTimeMillisUnsafe() })
      this.wakes.wakeAll()
      yield* this.over(owned)
      const wasGivenUp = this.current !== owned
      this.current = undefined
      this.parts.connections.retireUnsafe(owned)
      const after = millisecondsOf(clock) - began
      this.row.wasWellFor(after)
      return new ConnectionLost({ peer: connection.peer, after: Duration.millis(after), ...endOf(owned, wasGivenUp) })
    })
  }

  private over(owned: OwnedConnection): Effect.Effect<void> {
    const { transport } = owned.connection
    let look = (): void => {}
    return Effect.onExit(
      Effect.callback<void>((resume) => {
        look = () => {
          if (owned.isOver || owned !== this.current) resume(Effect.void)
          else transport.onInputUnsafe(look)
        }
        this.givenUp = () => resume(Effect.void)
        look()
      }),
      () =>
        Effect.sync(() => {
          this.givenUp = undefined
          transport.offInputUnsafe(look)
        })
    )
  }

  private tell(state: ReconnectingState<E>): Effect.Effect<void> {
    return Effect.suspend(() => (this.end === undefined ? SubscriptionRef.set(this.parts.state, state) : Effect.void))
  }
}

const endOf = ({ connection }: OwnedConnection, wasGivenUp: boolean) => {
  const { inputEnd } = connection.transport
  if (wasGivenUp) return { why: "given up" } as const
  if (inputEnd === "eof") return { why: "ended" } as const
  return typeof inputEnd === "object" ? ({ why: "broken", cause: inputEnd } as const) : ({ why: "given up" } as const)
}
