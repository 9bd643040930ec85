/**
 * Whose first request a restart waits for: a client that was accepted just before it has sent something by now, and it is still on its
 * way. FIN would be the answer to that.
 *
 * @since 0.1.0
 */
import type { Connection } from "./Connection.ts"
import type { Deadlines, Watched } from "./Deadlines.ts"
import type { Session } from "./Session.ts"

/** What has been heard of a connection. */
export interface Heard {
  /** Bytes received, and how many of them were taken. */
  readonly bytesIn: number
  readonly bytesTaken: number
  /** Frames handed to the handler. */
  readonly framesIn: number
  /** The unfinished frame, 0: there is none; `undefined`: nobody reads frames. */
  readonly unfinishedFrame: number | undefined
  /** Something was written since it was last waited for bytes. */
  readonly hasWritten: boolean
}

/**
 * Whether the first request has been made, and what it asked for was given or is being worked on.
 *
 * **Shapes**
 *
 * - Where nobody reads frames, a request is what was answered: of bytes nobody can tell whether more of them belong together.
 *
 * @source golang/go#22682: to http.Server.Shutdown a connection without a request is not idle for its first five seconds
 */
export const hasAsked = ({ bytesIn, bytesTaken, framesIn, hasWritten, unfinishedFrame }: Heard): boolean => {
  if (framesIn > 0) return true
  if (bytesIn === 0) return false
  return unfinishedFrame === undefined ? hasWritten : unfinishedFrame === 0 && bytesTaken === bytesIn
}

const heardOf = ({ frames, framesIn, transport }: Connection, hasWritten: boolean): Heard => {
  const { bytesIn, bytesTaken } = transport
  return { bytesIn, bytesTaken, framesIn, unfinishedFrame: frames?.unfinishedFrame, hasWritten }
}

/** The connections of one generation that are drained when they have asked, or when their time is over. */
export class FirstRequests implements Watched {
  dueAt = Infinity
  place = -1
  private readonly deadlines: Deadlines
  private readonly latest: number
  private readonly tell: (session: Session) => void
  /** In the order in which they were accepted, which is that in which their times are over. */
  private readonly awaited = new Set<Session>()
  private made: Array<Session> = []

  /** `latest`: nobody is waited for after it. `tell`: drains a connection. */
  constructor(deadlines: Deadlines, latest: number, tell: (session: Session) => void) {
    this.deadlines = deadlines
    this.latest = latest
    this.tell = tell
  }

  /** Connections that are waited for. */
  get size(): number {
    return this.awaited.size
  }

  has(session: Session): boolean {
    return this.awaited.has(session)
  }

  /** Waits for its first request, if that may still come; false: there is nothing to wait for. The oldest has to be first. */
  addUnsafe(session: Session): boolean {
    const { clock, connection } = session
    if (clock === undefined || connection.isDraining || connection.transport.inputEnd !== undefined) return false
    // Whether it has answered by now nobody has looked at: bytes that it was sent count as answered.
    if (hasAsked(heardOf(connection, true))) return false
    const due = this.dueOf(session)
    if (due <= this.deadlines.now()) return false
    clock.onWait = this.onWait
    this.awaited.add(session)
    if (this.place < 0) this.deadlines.watchUnsafe(this, due)
    return true
  }

  /** It has ended, or is told by somebody else. */
  removeUnsafe(session: Session): boolean {
    if (!this.awaited.delete(session)) return false
    if (session.clock !== undefined) session.clock.onWait = undefined
    if (this.awaited.size === 0) this.deadlines.forgetUnsafe(this)
    return true
  }

  /** Waits for nobody any more; for whom it has. */
  clearUnsafe(): ReadonlyArray<Session> {
    const all = Array.from(this.awaited)
    for (const session of all) this.removeUnsafe(session)
    return all
  }

  /** Called in the step in which it begins to wait for input again. Not drained in it, which may be a handler's or the transport's. */
  private readonly onWait = (session: Session, hasWritten: boolean): void => {
    if (!hasAsked(heardOf(session.connection, hasWritten))) return
    if (session.clock !== undefined) session.clock.onWait = undefined
    this.made.push(session)
    this.deadlines.bringNearerUnsafe(this, this.deadlines.now())
  }

  /** The sleeper's part. */
  lookUnsafe(now: number): number {
    const over = this.made
    this.made = []
    for (const session of this.awaited) {
      if (this.dueOf(session) > now) break
      over.push(session)
    }
    for (const session of over) if (this.removeUnsafe(session)) this.tell(session)
    const [oldest] = this.awaited
    // Who is told goes on in this step, and may have led to more.
    if (oldest === undefined || this.made.length > 0) return now
    return this.dueOf(oldest)
  }

  private dueOf({ openedAt }: Session): number {
    return Math.min(openedAt + this.deadlines.live.current.firstRequestTimeout, this.latest)
  }
}
