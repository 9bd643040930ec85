/**
 * One bound listening socket with its accept fiber: open, suspended or closed.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { TransportError } from "./Errors.ts"
import type { ServerEvent } from "./Events.ts"
import { accept, takeAllUnsafe } from "./Listener.ts"
import type { ProxyRule } from "./ProxyProtocol.ts"
import type { Connection } from "./TransportConnection.ts"
import type { Listener } from "./TransportListener.ts"

/** What a gate works for. */
export interface GateParts {
  /** Takes a connection over, in the step that calls it; what has to come first goes by the gate's rule. */
  readonly adopt: (connection: Connection, rule: ProxyRule | undefined) => void
  readonly emit: (event: ServerEvent) => void
  /** The listening socket has ended although nobody has closed it. */
  readonly onLost: (gate: Gate, endedBy: TransportError) => void
}

export class Gate {
  readonly listener: Listener
  /** Whose PROXY header comes first; `undefined`: none does. */
  rule: ProxyRule | undefined
  private readonly parts: GateParts
  private readonly adopt = (connection: Connection): void => this.parts.adopt(connection, this.rule)
  /** Closing it ends the accept fiber, then the listening socket. */
  private readonly scope: Scope.Closeable
  /** Takes connections, or, while the gate is parked, only watches over the socket. */
  private fiber: Fiber.Fiber<void> | undefined
  private endTold = false

  constructor(listener: Listener, scope: Scope.Closeable, parts: GateParts) {
    this.listener = listener
    this.scope = scope
    this.parts = parts
  }

  /** Starts the accept fiber, which also takes who has come while there was none. */
  get open(): Effect.Effect<void> {
    return this.leaveTo(accept(this.listener, { adopt: this.adopt, emit: this.parts.emit }))
  }

  /** Ends the accept fiber: who comes waits untaken. */
  get park(): Effect.Effect<void> {
    return this.leaveTo(this.listener.ended)
  }

  /** One fiber follows the other; each of them notices when the socket dies. */
  private leaveTo(watching: Effect.Effect<unknown>): Effect.Effect<void> {
    const watched = Effect.map(watching, () => {
      const { endedBy } = this.listener
      // Who closes it has said so before.
      if (!this.endTold && endedBy !== undefined) this.parts.onLost(this, endedBy)
    })
    const start = Effect.map(Effect.forkIn(watched, this.scope, { startImmediately: true }), (fiber) => {
      this.fiber = fiber
    })
    return Effect.suspend(() => {
      const { fiber } = this
      return fiber === undefined ? start : Effect.andThen(Fiber.interrupt(fiber), start)
    })
  }

  /** What the sweep has brought in is taken in the same step in which listening ends, so nothing falls in between. */
  stopUnsafe(): void {
    const { listener } = this
    listener.stopUnsafe()
    while (listener.pendingUnsafe() > 0) takeAllUnsafe(listener, this.adopt)
    this.tellEndUnsafe({ _tag: "ListenerClosed", address: listener.address })
  }

  /** Stops listening and resets who was not taken, in one step. */
  closeUnsafe(): void {
    this.listener.closeUnsafe()
    this.tellEndUnsafe({ _tag: "ListenerClosed", address: this.listener.address })
  }

  /** Its one end, told once. */
  tellEndUnsafe(event: ServerEvent): void {
    if (this.endTold) return
    this.endTold = true
    this.parts.emit(event)
  }

  /** Ends the accept fiber and gives the descriptor back. */
  get release(): Effect.Effect<void> {
    return Scope.close(this.scope, Exit.void)
  }

  /**
   * Nothing of it is left after this.
   *
   * A scope that is being closed looks closed to everybody else (`Scope.close` detaches it first), so its end proves nothing:
   * what has to be gone is waited for by itself.
   */
  get gone(): Effect.Effect<void> {
    const { fiber, listener } = this
    return fiber === undefined ? listener.close : Effect.andThen(listener.close, Fiber.await(fiber))
  }
}
