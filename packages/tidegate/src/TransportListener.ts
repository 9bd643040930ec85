/**
 * A bound listening socket at the seam.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Address } from "./Address.ts"
import { format } from "./Address.ts"
import { closedLocally, TransportError, transportError } from "./Errors.ts"
import type { ListenerOptions } from "./Transport.ts"
import type { Connection } from "./TransportConnection.ts"
import { WakeList, waitUntil } from "./WakeList.ts"

/**
 * A listening socket of a transport.
 *
 * **When to use**
 *
 * Extend it to write a transport; servers take connections from it.
 *
 * **Limits**
 *
 * - A platform may accept on its own (node:net does): not taking does not keep clients out. At most `maxUntaken` accepted
 *   connections wait to be taken, the rest is shed: reset and counted.
 *
 * @category models
 * @source FF-31
 * @since 0.1.0
 */
export abstract class Listener {
  /** The bound address, with the real port where 0 was asked for. */
  abstract readonly address: Address
  /** Closes the listening socket; connections already accepted are not touched. */
  protected abstract closeSocket(): void
  /** Starts a sweep and ends in `sweptUnsafe`. */
  protected abstract startSweep(): void
  /**
   * Changes what can be changed without binding again, for the connections accepted from now on.
   *
   * **Shapes**
   *
   * - The whole of the options; a key that is not given stands for its default. Given back are the names of those that differ from
   *   what is in force and could not be changed, such as `backlog`.
   */
  abstract applyUnsafe(options: ListenerOptions): ReadonlyArray<string>

  /** Who is pending already stays so when it is lowered. */
  protected maxUntaken: number
  private readonly untaken: Array<Connection | TransportError> = []
  private readonly wakes = new WakeList()
  private readonly closeWakes = new WakeList()
  private sweeping = false
  /** Connections that were accepted and reset, and whose descriptors were not given back yet. */
  private turnedAway = 0

  /** Connections shed because too many were untaken. */
  shed = 0
  /** Connections whose peer was gone before anything could be known about it. */
  abortedByPeer = 0
  /** Set when nothing will be accepted any more: why. */
  endedBy: TransportError | undefined
  /** The platform has given the descriptor back. */
  descriptorClosed = false

  constructor(maxUntaken: number) {
    this.maxUntaken = maxUntaken
  }

  // --- taking ---

  /** The next connection, or the accept error that stands in its place, if one is there. */
  takeUnsafe(): Connection | TransportError | undefined {
    return this.untaken.shift()
  }

  /** The next connection, if it is one and no accept error. */
  takeConnectionUnsafe(): Connection | undefined {
    const next = this.untaken[0]
    if (next === undefined || next instanceof TransportError) return undefined
    this.untaken.shift()
    return next
  }

  /** Accepted connections (and accept errors) that nobody has taken. */
  pendingUnsafe(): number {
    return this.untaken.length
  }

  /** Suspends until there is something to take, or the listener has ended; consumes nothing. */
  get acceptable(): Effect.Effect<void> {
    return waitUntil(this.wakes, () => this.untaken.length > 0 || this.endedBy !== undefined)
  }

  /**
   * Suspends until `ready` holds, which is asked now and whenever there may be something to take: who takes inside it needs no fiber for
   * each connection.
   */
  acceptableWhere(ready: () => boolean): Effect.Effect<void> {
    return waitUntil(this.wakes, ready)
  }

  /** Suspends until the listener has ended. */
  get ended(): Effect.Effect<void> {
    return waitUntil(this.wakes, () => this.endedBy !== undefined)
  }

  /**
   * The next connection, owned by the scope from the moment it is taken: closing the scope aborts it unless it has ended.
   *
   * **Errors**
   *
   * - `TransportError` with operation `accept`: `temporary` ones cost one connection, call again; `fatal` ends the listener
   *   (code `ELOCAL`: it was closed by this side).
   *
   * **Interruption**
   *
   * - While it waits: no connection was taken.
   */
  get accept(): Effect.Effect<Connection, TransportError, Scope.Scope> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(this.acceptable), () =>
        Effect.flatMap(Effect.scope, (scope) =>
          Effect.suspend(() => {
            const next = this.takeUnsafe()
            if (next === undefined) return this.endedBy === undefined ? restore(this.accept) : Effect.fail(this.endedBy)
            if (next instanceof TransportError) return Effect.fail(next)
            return Effect.as(Scope.addFinalizer(scope, next.abort), next)
          })
        )
      )
    )
  }

  // --- ending ---

  /**
   * Completes when every connection that stood in the platform's accept queue has become pending, as far as the platform can
   * tell; it goes on listening.
   *
   * @source FF-11: closing a listening socket resets the clients in the kernel's queue
   */
  get sweep(): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.endedBy !== undefined) return Effect.void
      if (!this.sweeping) {
        this.sweeping = true
        this.startSweep()
      }
      return waitUntil(this.wakes, () => !this.sweeping || this.endedBy !== undefined)
    })
  }

  /** Stops listening; what is pending can still be taken. */
  stopUnsafe(): void {
    if (this.endedBy !== undefined) return
    this.endedBy = transportError("accept", closedLocally, format(this.address))
    this.closeSocket()
    this.wakes.wakeAll()
  }

  /** Stops listening and resets what is pending; connections already taken are left alone. */
  closeUnsafe(): void {
    // Before anybody is woken, who would take them.
    const untaken = this.untaken.splice(0)
    this.stopUnsafe()
    for (const item of untaken) if (!(item instanceof TransportError)) this.turnAway(item)
  }

  /** {@link closeUnsafe}, then waits until its descriptor was given back, and those of all that it has reset. */
  get close(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.closeUnsafe()
      return waitUntil(this.closeWakes, () => this.descriptorClosed && this.turnedAway === 0)
    })
  }

  // --- what a platform calls ---

  /** A connection was accepted. */
  protected acceptedUnsafe(connection: Connection): void {
    if (this.endedBy !== undefined) {
      this.turnAway(connection)
    } else if (this.untaken.length >= this.maxUntaken) {
      this.shed++
      this.turnAway(connection)
    } else {
      this.untaken.push(connection)
      this.wakes.wakeAll()
    }
  }

  /** Accepting one connection failed; a fatal error ends the listener. */
  protected failedUnsafe(error: TransportError): void {
    if (this.endedBy !== undefined) return
    if (error.errorClass === "fatal") {
      this.endedBy = error
      this.closeSocket()
    } else if (this.untaken.length < this.maxUntaken) {
      // Errors are bounded like connections: nobody may be there to take them.
      this.untaken.push(error)
    }
    this.wakes.wakeAll()
  }

  protected sweptUnsafe(): void {
    this.sweeping = false
    this.wakes.wakeAll()
  }

  /** The listening descriptor was given back. */
  protected closedUnsafe(): void {
    this.descriptorClosed = true
    this.closeWakes.wakeAll()
  }

  private turnAway(connection: Connection): void {
    this.turnedAway++
    connection.abortUnsafe()
    connection.onClosedUnsafe(() => {
      this.turnedAway--
      this.closeWakes.wakeAll()
    })
  }
}
