/**
 * One configuration's era: its handler, its connections, and the signal that drains them.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import type * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { Connection } from "./Connection.ts"
import { millisecondsOf } from "./DrainDeadline.ts"
import type { EndReason, ServerEvent } from "./Events.ts"
import { endReason, makeSession, type Session } from "./Session.ts"
import type * as Transport from "./TransportConnection.ts"
import { WakeList, waitUntil } from "./WakeList.ts"

/** What a generation is made of. */
export interface GenerationOptions {
  /** Starts a session's fiber in the step that calls it. */
  readonly start: (session: Session) => Fiber.Fiber<void>
  /** Connections live and die with it. */
  readonly scope: Scope.Scope
  readonly clock: Clock.Clock
  readonly emit: (event: ServerEvent) => void
  /** Numbers connections across all generations of a server. */
  readonly nextId: () => number
}

/** How connections have ended since a shutdown began. */
export interface Tally {
  drained: number
  idleClosed: number
  aborted: number
}

export class Generation {
  private readonly options: GenerationOptions
  private readonly sessions = new Map<number, Session>()
  private readonly emptyWakes = new WakeList()
  private counting = false
  private draining = false
  private aborting = false
  /** Connections taken and ended over the whole life. */
  accepted = 0
  ended = 0
  readonly tally: Tally = { drained: 0, idleClosed: 0, aborted: 0 }

  constructor(options: GenerationOptions) {
    this.options = options
  }

  get size(): number {
    return this.sessions.size
  }

  /** Frames (or whole handlers) whose reply is owed. */
  get inFlight(): number {
    let sum = 0
    for (const session of this.sessions.values()) sum += session.connection.inFlight
    return sum
  }

  /**
   * Takes a connection over and starts its fiber, in one step: it is counted before anything of it runs, so that no shutdown
   * can miss it.
   *
   * @source S43
   */
  adoptUnsafe(transport: Transport.Connection): void {
    const { emit, scope, start } = this.options
    const connection = new Connection(this.options.nextId(), transport)
    const session = makeSession(connection, this.now())
    this.accepted++
    this.sessions.set(connection.id, session)
    emit({ _tag: "ConnectionOpened", id: connection.id, peer: connection.peer, local: connection.local })
    if (this.aborting) {
      this.fiberEndedUnsafe(session)
      return
    }
    if (this.draining) this.beginDrainUnsafe(session)
    session.fiber = start(session)
    session.fiber.addObserver(() => this.fiberEndedUnsafe(session))
    Fiber.runIn(session.fiber, scope)
    // The handler's first step may have led to the abort, when there was no fiber to interrupt yet.
    if (this.aborting) this.abortSessionUnsafe(session)
  }

  /** From now on the tally counts. */
  countUnsafe(): void {
    this.counting = true
  }

  /** Tells every connection in the same instant; those adopted later are told at once. */
  drainUnsafe(): void {
    if (this.draining) return
    this.draining = true
    for (const session of this.sessions.values()) this.beginDrainUnsafe(session)
    if (this.sessions.size === 0) this.emptyWakes.wakeAll()
  }

  /** RST to every connection, and its fiber interrupted, now. */
  abortUnsafe(): void {
    this.aborting = true
    for (const session of Array.from(this.sessions.values())) this.abortSessionUnsafe(session)
  }

  /** Suspends until no connection is left. */
  get empty(): Effect.Effect<void> {
    return waitUntil(this.emptyWakes, () => this.sessions.size === 0)
  }

  private beginDrainUnsafe(session: Session): void {
    const { framesIn, inFlight } = session.connection
    session.drainBegan = { framesIn, inFlight }
    session.connection.beginDrainUnsafe()
  }

  private abortSessionUnsafe(session: Session): void {
    const { transport } = session.connection
    if (transport.closeReason === undefined) session.aborted = true
    transport.abortUnsafe()
    session.fiber?.interruptUnsafe()
  }

  /** A fiber that ended without its ladder (interrupted, or a defect of ours) leaves an open connection behind. */
  private fiberEndedUnsafe(session: Session): void {
    const { transport } = session.connection
    if (transport.closeReason === undefined) session.aborted = true
    transport.abortUnsafe()
    transport.onClosedUnsafe(() => this.endedUnsafe(session))
  }

  private endedUnsafe(session: Session): void {
    const { connection } = session
    const reason = endReason(session)
    this.sessions.delete(connection.id)
    this.ended++
    this.count(reason)
    this.options.emit({
      _tag: "ConnectionEnded",
      id: connection.id,
      peer: connection.peer,
      local: connection.local,
      reason,
      bytesIn: connection.bytesIn,
      bytesOut: connection.bytesOut,
      milliseconds: Math.round(this.now() - session.openedAt)
    })
    if (this.sessions.size === 0) this.emptyWakes.wakeAll()
  }

  private count(reason: EndReason): void {
    if (!this.counting) return
    if (reason === "aborted" || reason === "stalled") this.tally.aborted++
    else if (reason === "idle") this.tally.idleClosed++
    else this.tally.drained++
  }

  private now(): number {
    return millisecondsOf(this.options.clock)
  }
}
