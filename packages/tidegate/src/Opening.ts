/**
 * How a server comes to listen.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Address } from "./Address.ts"
import type { ServerClosed, TransportError } from "./Errors.ts"
import { Gate, type GateParts } from "./Gate.ts"
import { listenAgain } from "./ListenAgain.ts"
import type { ServerCore } from "./ServerCore.ts"
import type { ListenOptions } from "./Transport.ts"

export class Opening {
  private readonly core: ServerCore
  private readonly gateParts: GateParts

  constructor(core: ServerCore, gateParts: GateParts) {
    this.core = core
    this.gateParts = gateParts
  }

  /** Binds and starts the accept fiber; a second call gives the same address. */
  get listen(): Effect.Effect<Address, TransportError | ServerClosed> {
    const { core } = this
    const inTurn = core.lock.withPermit(
      Effect.suspend(() => {
        if (core.isEnding) return Effect.fail(core.closed)
        if (core.gate !== undefined) return Effect.succeed(core.gate.listener.address)
        // It has listened there, and will: only `resume` brings it back.
        if (core.isSuspended && core.boundAddress !== undefined) return Effect.succeed(core.boundAddress)
        const { boundAddress, listenOptions } = core
        // A listener that was lost is replaced where it was.
        const options = boundAddress === undefined ? listenOptions : listenAgain(listenOptions, boundAddress)
        return Effect.map(this.openUnder(options), ({ listener }) => listener.address)
      })
    )
    // A shutdown holds the lock while it waits for handlers, one of which may be who asks.
    return Effect.suspend(() => (core.isEnding ? Effect.fail(core.closed) : inTurn))
  }

  /**
   * Binds a listener and takes connections from it; the caller holds the lock. Each attempt has a scope of its own: nothing stays
   * bound when its caller, or a shutdown, gives it up. `onOpened` is called before anybody is taken from it.
   */
  openUnder(
    options: ListenOptions,
    onOpened: (gate: Gate) => void = () => {}
  ): Effect.Effect<Gate, TransportError | ServerClosed> {
    const { core } = this
    const attempt = Scope.forkUnsafe(core.parts.listenerScope)
    const bound = Scope.provide(core.parts.transport.listen(options), attempt)
    return Effect.uninterruptibleMask((restore) =>
      restore(Effect.raceFirst(bound, core.ending)).pipe(
        Effect.flatMap((listener) => this.startAccepting(new Gate(listener, attempt, this.gateParts), onOpened)),
        Effect.onError(() => Scope.close(attempt, Exit.void))
      )
    )
  }

  private startAccepting(gate: Gate, onOpened: (gate: Gate) => void): Effect.Effect<Gate, ServerClosed> {
    const { core } = this
    return Effect.suspend(() => {
      if (core.isEnding) return Effect.fail(core.closed)
      core.addGate(gate)
      core.parts.emit({ _tag: "ListenerOpened", address: gate.listener.address })
      onOpened(gate)
      return core.step("listening").pipe(
        Effect.andThen(gate.open),
        Effect.map(() => {
          core.announce(gate)
          return gate
        })
      )
    })
  }
}
