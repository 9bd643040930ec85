/**
 * A dial from the moment its socket exists until it is a connection, an error or abandoned.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { TransportError } from "tidegate/Errors"
import { WakeList, waitUntil } from "tidegate/WakeList"
import type { SimulatedConnection } from "../../SimulatedConnection.ts"
import type { Wire } from "./Wire.ts"

/** What comes before the connecting. */
interface Preparation {
  readonly hook: Effect.Effect<void, TransportError>
  readonly failed: (error: TransportError) => void
  readonly connect: () => void
}

/**
 * One attempt to connect.
 *
 * @category models
 * @since 0.1.0
 */
export class DialAttempt {
  readonly label: string
  outcome: SimulatedConnection | TransportError | undefined
  isAbandoned = false
  /** What it travels over, unless it could not even be tried. */
  wire: Wire | undefined
  /** Set if something has to happen before anything is sent. */
  preparation: Preparation | undefined
  private readonly wakes = new WakeList()
  private readonly onAbandoned: () => void

  constructor(label: string, onAbandoned: () => void) {
    this.label = label
    this.onAbandoned = onAbandoned
  }

  settle(outcome: SimulatedConnection | TransportError): void {
    if (this.outcome !== undefined || this.isAbandoned) return
    this.outcome = outcome
    this.wakes.wakeAll()
  }

  /** Leaves nothing open, however far the attempt has come. */
  abandon(): void {
    if (this.isAbandoned || this.outcome instanceof TransportError) return
    this.isAbandoned = true
    if (this.outcome === undefined) this.onAbandoned()
    else this.outcome.abortUnsafe()
  }

  /**
   * The connection, owned by the scope; `restore` makes what takes time interruptible: the hook, and the wait. The wait consumes
   * nothing, so there is no instant at which an interruption could lose a connection that nobody owns yet.
   */
  owned(restore: Restore): Owned {
    const { preparation } = this
    if (preparation === undefined) return this.settled(restore)
    return restore(preparation.hook).pipe(
      Effect.tapError((error) => Effect.sync(() => preparation.failed(error))),
      Effect.onError(() => Effect.sync(() => this.abandon())),
      Effect.flatMap(() => {
        preparation.connect()
        return this.settled(restore)
      })
    )
  }

  private settled(restore: Restore): Owned {
    return restore(waitUntil(this.wakes, () => this.outcome !== undefined)).pipe(
      Effect.onInterrupt(() => Effect.sync(() => this.abandon())),
      Effect.flatMap(() => Effect.scope),
      Effect.flatMap((scope): Owned => {
        const outcome = this.outcome
        if (outcome === undefined) return this.settled(restore)
        if (outcome instanceof TransportError) return Effect.fail(outcome)
        return Effect.as(Scope.addFinalizer(scope, outcome.abort), outcome)
      })
    )
  }
}

type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

type Owned = Effect.Effect<SimulatedConnection, TransportError, Scope.Scope>
