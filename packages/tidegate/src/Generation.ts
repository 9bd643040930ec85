/**
 * One configuration's era: its handler, its connections, and the signal that drains them.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { Connection } from "./Connection.ts"
import { type ClockParts, ConnectionClock } from "./ConnectionClock.ts"
import { endedEvent, openedEvent } from "./ConnectionEvents.ts"
import type { Deadlines } from "./Deadlines.ts"
import type { EndReason, ServerEvent, Tell } from "./Events.ts"
import { FirstRequests } from "./FirstRequests.ts"
import type { Proxied } from "./Proxied.ts"
import { type Serving, Session, type SessionHost } from "./Session.ts"
import { endReason } from "./SessionEnd.ts"
import { Sessions } from "./Sessions.ts"
import { type Slot, uncountedSlot } from "./Slot.ts"
import { columnOf, type Tally } from "./Tally.ts"
import type * as Transport from "./TransportConnection.ts"
import { WakeList, waitUntil } from "./WakeList.ts"

/** What a generation is made of. */
export interface GenerationOptions {
  /** Counts from 1 per server. */
  readonly id: number
  readonly serving: Serving<unknown>
  /** Connections live and die with it. */
  readonly scope: Scope.Closeable
  readonly deadlines: Deadlines
  readonly emit: (event: ServerEvent) => void
  readonly tell: Tell
  /** Numbers connections across all generations of a server. */
  readonly nextId: () => number
}

/** Takes over the telling of a connection; one that has ended by then is not told any more. */
export type Postpone = (tell: () => void) => void

export class Generation implements SessionHost {
  private readonly options: GenerationOptions
  private readonly sessions = new Sessions()
  private readonly endWakes = new WakeList()
  private readonly tallies: Array<Tally> = []
  private readonly clockParts: ClockParts<Session>
  /** Connections that are still to be told that it drains. */
  private firstRequests: FirstRequests | undefined
  private draining = false
  private aborting = false
  /** Its scope was closed: no fiber of it is to run any more. */
  private closed = false
  /** When its patience ends, while it drains alone. */
  deadlineAt: number | undefined
  /** Connections taken and ended over the whole life. */
  accepted = 0
  ended = 0

  constructor(options: GenerationOptions) {
    this.options = options
    // One for all its fibers: a finalizer and an observer for each connection cost time and memory that most never need.
    Effect.runSync(Scope.addFinalizer(options.scope, this.interruptAll))
    this.clockParts = {
      deadlines: options.deadlines,
      owner: {
        expiredUnsafe: ({ connection }, because) => connection.drainAloneUnsafe(because),
        cutUnsafe: (session, because) => {
          session.ending.cutBy = because
          this.abortSessionUnsafe(session)
        }
      }
    }
  }

  get id(): number {
    return this.options.id
  }

  /** Whether it takes no new work. */
  get isDraining(): boolean {
    return this.draining
  }

  get size(): number {
    return this.sessions.size
  }

  /** Connections whose first request is waited for before they are told that it drains. */
  get awaited(): number {
    return this.firstRequests?.size ?? 0
  }

  /** The live connections, the one that was taken first first. */
  get all(): ReadonlyArray<Session> {
    return this.sessions.all
  }

  /** A live connection. */
  find(id: number): Session | undefined {
    return this.sessions.find(id)
  }

  /** Frames (or whole handlers) whose reply is owed. */
  get inFlight(): number {
    let sum = 0
    for (const session of this.sessions.unsorted) sum += session.connection.inFlight
    return sum
  }

  /**
   * Takes a connection over and begins to serve it, in one step: it is counted before anything of it runs, so that no shutdown
   * can miss it.
   *
   * @source S43
   */
  adoptUnsafe(
    transport: Transport.Connection,
    slot: Slot = uncountedSlot(this.options.nextId()),
    proxied?: Proxied
  ): void {
    const { emit, tell } = this.options
    const connection = new Connection(slot.id, transport, proxied)
    connection.slot = slot
    connection.sink = emit
    const session = new Session(connection, this.now(), this)
    this.accepted++
    this.sessions.add(session)
    tell("ConnectionOpened", () => openedEvent(connection, this.id))
    if (this.aborting) {
      this.endedUnsafe(session)
      return
    }
    this.beginClockUnsafe(session)
    // Who was let in by a drain only: its own generation may be told of that drain later.
    if (this.draining || transport.isQuiescing) this.beginDrainUnsafe(session)
    session.beginUnsafe()
    // What its first step has begun is work that the drain has found.
    if (session.drainBegan !== undefined) session.ending.drainBegan = { framesIn: 0, inFlight: connection.inFlight }
    // The handler's first step may have led to the abort, when nothing waited yet that could be cut off.
    if (this.aborting || session.aborted || this.closed) this.abortSessionUnsafe(session)
  }

  get serving(): Serving<unknown> {
    return this.options.serving
  }

  /** @internal */
  startedUnsafe(session: Session, fiber: Fiber.Fiber<void>): void {
    session.fiber = fiber
    fiber.addObserver(() => this.endedUnsafe(session))
    if (this.aborting || session.aborted || this.closed) fiber.interruptUnsafe()
  }

  /** From now on the tally counts how its connections end. */
  countIntoUnsafe(tally: Tally): void {
    this.tallies.push(tally)
  }

  /**
   * Tells every connection in the same instant, or leaves the telling of those without work to `postpone`; those adopted later are
   * told at once. Whose first request was waited for is told now, too.
   */
  drainUnsafe(postpone?: Postpone): void {
    const untold = this.draining ? (this.firstRequests?.clearUnsafe() ?? []) : this.sessions.all
    this.draining = true
    for (const session of untold) {
      if (postpone === undefined || session.connection.inFlight > 0) this.beginDrainUnsafe(session)
      else postpone(() => this.beginDrainUnsafe(session))
    }
    if (this.sessions.size === 0) this.endWakes.wakeAll()
  }

  /**
   * The drain of a generation that a restart has replaced, which has no hurry: tells every connection but those whose first request
   * may still come. `longest`: nobody is waited for after so many milliseconds.
   */
  retireUnsafe(longest: number): void {
    if (this.draining) return
    this.draining = true
    const latest = this.now() + longest
    const awaited = new FirstRequests(this.options.deadlines, latest, (session) => this.beginDrainUnsafe(session, 0))
    this.firstRequests = awaited
    for (const session of this.sessions.all) if (!awaited.addUnsafe(session)) this.beginDrainUnsafe(session)
    if (this.sessions.size === 0) this.endWakes.wakeAll()
  }

  /** RST to every connection but those whose first request is waited for. */
  cutUnsafe(): void {
    for (const session of this.sessions.all) {
      if (this.firstRequests?.has(session) !== true) this.abortSessionUnsafe(session)
    }
  }

  /** RST to every connection, and its fiber interrupted, now; those adopted later are aborted at once. */
  abortUnsafe(): void {
    this.aborting = true
    this.abortConnectionsUnsafe()
  }

  private abortConnectionsUnsafe(): void {
    for (const session of this.sessions.all) this.abortSessionUnsafe(session)
  }

  /** Suspends until no connection is left. */
  get empty(): Effect.Effect<void> {
    return waitUntil(this.endWakes, () => this.sessions.size === 0)
  }

  /** RST to the connections that it has now; returns when they are gone, whoever has come after them. */
  get abortAll(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const before = this.sessions.all
      this.abortConnectionsUnsafe()
      let gone = 0
      return waitUntil(this.endWakes, () => {
        while ((before[gone]?.place ?? 0) < 0) gone++
        return gone === before.length
      })
    })
  }

  /** Gives its scope back when it has no connection left; what is still to be run then, if anything. */
  releaseUnsafe(): Effect.Effect<void> | undefined {
    return Scope.closeUnsafe(this.options.scope, Exit.void)
  }

  /** `framesIn`: frames handled before its generation began to drain. */
  private beginDrainUnsafe(session: Session, framesIn = session.connection.framesIn): void {
    if (session.place < 0 || session.drainBegan !== undefined) return
    const { inFlight } = session.connection
    session.ending.drainBegan = { framesIn, inFlight }
    session.connection.beginDrainUnsafe()
  }

  private beginClockUnsafe(session: Session): void {
    const { connection } = session
    const clock = new ConnectionClock(session, connection.transport, this.clockParts)
    session.clock = clock
    connection.clock = clock
    clock.beginUnsafe()
  }

  private abortSessionUnsafe(session: Session): void {
    const { transport } = session.connection
    if (transport.closeReason === undefined) session.ending.aborted = true
    transport.abortUnsafe()
    session.fiber?.interruptUnsafe()
  }

  private get interruptAll(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.closed = true
      const fibers: Array<Fiber.Fiber<void>> = []
      for (const session of this.sessions.all) {
        if (session.fiber !== undefined) fibers.push(session.fiber)
        else if (!session.isLeaving) this.abortSessionUnsafe(session)
      }
      return Fiber.interruptAll(fibers)
    })
  }

  /**
   * A fiber that ended without its ladder (interrupted, or a defect of ours) leaves an open connection behind.
   *
   * @internal
   */
  endedUnsafe(session: Session): void {
    session.clock?.stopUnsafe()
    const { transport } = session.connection
    if (!session.isLeaving) {
      if (transport.closeReason === undefined) session.ending.aborted = true
      transport.abortUnsafe()
    }
    transport.onClosedUnsafe(() => this.goneUnsafe(session))
  }

  private goneUnsafe(session: Session): void {
    const { connection } = session
    const reason = endReason(session)
    this.sessions.remove(session)
    this.firstRequests?.removeUnsafe(session)
    this.ended++
    this.count(session.cutBy === undefined ? reason : "aborted")
    this.options.tell("ConnectionEnded", () => endedEvent(session, reason, this.now()))
    connection.slot?.endUnsafe()
    if (!this.endWakes.isEmpty) this.endWakes.wakeAll()
  }

  private count(reason: EndReason): void {
    const column = columnOf(reason)
    for (const tally of this.tallies) tally[column]++
  }

  private now(): number {
    return this.options.deadlines.now()
  }
}
