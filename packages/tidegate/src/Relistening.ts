/**
 * Binding a lost listener's address again, while the connections live on.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Address } from "./Address.ts"
import * as Backoff from "./Backoff.ts"
import type { ListenerLost, ServerClosed, TransportError } from "./Errors.ts"
import type { Gate } from "./Gate.ts"
import { listenAgain } from "./ListenAgain.ts"
import type { Opening } from "./Opening.ts"
import type { ServerCore } from "./ServerCore.ts"

export class Relistening {
  private readonly core: ServerCore
  private readonly opening: Opening
  /** The policy was changed meanwhile. */
  private readonly giveUp: (lost: ListenerLost) => void
  /** Attempts in a row: a listener that dies as soon as it is bound must not be bound in a busy loop. */
  private attempts = 0
  private boundAt: number | undefined

  constructor(core: ServerCore, opening: Opening, giveUp: (lost: ListenerLost) => void) {
    this.core = core
    this.opening = opening
    this.giveUp = giveUp
  }

  /** In the step of the loss: from now on nothing listens, and somebody tries to. */
  beginUnsafe(gate: Gate, lost: ListenerLost): void {
    const { core } = this
    const { address } = gate.listener
    core.gate = undefined
    if (this.boundAt === undefined || Backoff.isNewRow(core.now() - this.boundAt)) this.attempts = 0
    // Somebody else's call of `listen` may be faster than this fiber, and then nothing is lost any more.
    const isLost = (): boolean => core.gate === undefined
    // A suspended server stays so, and its resume binds.
    const told = Effect.andThen(
      core.step("lost", isLost),
      core.step("suspend", () => isLost() && core.isSuspended)
    )
    core.own(
      told.pipe(
        // Not in the step of the accept fiber, which has to end first.
        Effect.andThen(Effect.yieldNow),
        Effect.andThen(this.log("listener lost, listening again", lost.message)),
        Effect.andThen(gate.release),
        Effect.andThen(Effect.sync(() => core.removeGate(gate))),
        Effect.andThen(this.untilBound(address, lost))
      )
    )
  }

  /** Ends when something listens, or when nothing is to listen any more. */
  private untilBound(address: Address, lost: ListenerLost): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { core } = this
      if (!this.isWanted) return Effect.void
      if (core.parts.live.current.onListenerLost !== "relisten") return Effect.sync(() => this.giveUp(lost))
      const pause = this.attempts === 0 ? Effect.void : Effect.sleep(Backoff.pauseAfter(this.attempts))
      return Effect.matchEffect(Effect.andThen(Effect.raceFirst(pause, core.ending), this.attempt(address)), {
        onSuccess: () => Effect.void,
        onFailure: (error) =>
          error._tag === "ServerClosed"
            ? Effect.void
            : Effect.andThen(this.log("listening again failed", error.message), this.untilBound(address, lost))
      })
    })
  }

  /** Not where a restart or a call of `listen` has brought another one meanwhile, and not while nobody is to be taken. */
  private get isWanted(): boolean {
    const { gate, isEnding, isSuspended } = this.core
    return gate === undefined && !isEnding && !isSuspended
  }

  private attempt(address: Address): Effect.Effect<void, TransportError | ServerClosed> {
    const { core } = this
    return core.lock.withPermit(
      Effect.suspend(() => {
        if (!this.isWanted) return Effect.void
        this.attempts++
        // Noted before anybody is taken from it: it may be lost again by the time that it is open.
        const onOpened = (): void => {
          this.boundAt = core.now()
        }
        return Effect.asVoid(this.opening.openUnder(listenAgain(core.listenOptions, address), onOpened))
      })
    )
  }

  /** A logger that throws must not end it: nobody could come any more. */
  private log(what: string, reason: string): Effect.Effect<void> {
    return Effect.suspend(() =>
      Backoff.isWorthLogging(this.attempts)
        ? Effect.ignoreCause(Effect.logWarning(what, { reason, attempts: this.attempts }))
        : Effect.void
    )
  }
}
