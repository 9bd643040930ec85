/**
 * The clocks of one connection: since when its peer has sent nothing, owes the rest of a frame, takes nothing, has half-closed.
 *
 * Whoever waits leaves the time here; when something is due is worked out by the server's one sleeper, at most once for each
 * timeout. So bytes cost one reading of the clock for each time that a fiber or the frame loop waits for them, and nothing else.
 *
 * @since 0.1.0
 */
import type { AskedFor, FrameProgress, HandlerClock, Stall, Unfinished } from "./ConnectionTimes.ts"
import type { Deadlines, Watched } from "./Deadlines.ts"
import type { LiveSettings } from "./LiveSettings.ts"
import { type Due, type Expiry, nextDue, type Running, type Timeouts } from "./NextDue.ts"
import type * as Transport from "./TransportConnection.ts"
import type { WaitWatch } from "./TransportInput.ts"

/** What is done about a connection whose deadline has come. */
export interface ClockOwner<in Subject> {
  /** Takes no new work from it: what is owed is sent, then it ends. */
  readonly expiredUnsafe: (subject: Subject, because: Expiry) => void
  /** RST, and its fiber interrupted. */
  readonly cutUnsafe: (subject: Subject, because: Expiry) => void
}

/** What the clock of a connection is made of. */
export interface ClockParts<in Subject> {
  readonly deadlines: Deadlines
  readonly owner: ClockOwner<Subject>
}

/** A time that there is none of; no clock of a server is negative. */
const never = -1

export class ConnectionClock<Subject extends { readonly openedAt: number }>
  implements Watched, WaitWatch, HandlerClock
{
  dueAt = 0
  place = -1
  private readonly subject: Subject
  private readonly transport: Transport.Connection
  private readonly parts: ClockParts<Subject>
  private frames: FrameProgress | undefined

  /** Idle since, as if it had never stood still; only while somebody waits for input. */
  private idleFrom: number
  private standsStillFrom: number
  private bytesSeen = 0
  /** Bytes written by the time the wait began: until the kernel has them an answer is on its way, which is no idleness. */
  private answersUpTo = 0
  private unfinished: Unfinished | undefined
  private stall: Stall | undefined
  private halfClosedAt = never
  private asked: AskedFor | undefined

  /** Between 0 and 1: so much of the jitter its age gets. */
  private ageShare = never
  private isDraining = false
  /** The deadline that has come, and when it is cut off for it. */
  private expired: { readonly because: Expiry; readonly abortAt: number } | undefined
  /** Told when somebody waits for input after something has come; with whether something was written since the wait before. */
  onWait: ((subject: Subject, hasWritten: boolean) => void) | undefined

  constructor(subject: Subject, transport: Transport.Connection, parts: ClockParts<Subject>) {
    this.subject = subject
    this.transport = transport
    this.parts = parts
    const now = this.now()
    this.idleFrom = now
    this.standsStillFrom = now
  }

  beginUnsafe(): void {
    this.transport.watch = this
    // It has half-closed while it waited for a slot; nobody could have answered it before now.
    if (this.transport.peerEnded) this.peerEndedUnsafe()
    this.parts.deadlines.watchUnsafe(this, this.lookUnsafe(this.idleFrom))
  }

  /** From now on other bounds count: those of the close ladder. */
  stopUnsafe(): void {
    this.transport.watch = undefined
    this.parts.deadlines.forgetUnsafe(this)
  }

  /** A drain has a deadline of its own, and takes no input that could be waited for; but it can be held up by its peer. */
  drainBeganUnsafe(): void {
    this.isDraining = true
  }

  /** The loop that serves frames, while there is one. */
  servesUnsafe(frames: FrameProgress | undefined): void {
    this.frames = frames
    this.unfinished = undefined
  }

  // --- what leaves its time here ---

  /** Somebody begins to wait for input, or goes on waiting after something has happened. */
  waitUnsafe(): void {
    const { frames } = this
    const { bytesIn, bytesOut } = this.transport
    const isWorking = frames?.isWorking === true
    if (bytesIn === this.bytesSeen && !isWorking && this.standsStillFrom === never) return
    const now = this.now()
    if (bytesIn !== this.bytesSeen) {
      this.idleFrom = now
      this.bytesSeen = bytesIn
    } else if (this.standsStillFrom !== never) {
      // What is not spent waiting is not idle; a fiber that looks in between whether something else has come is (FF-42).
      this.idleFrom += now - this.standsStillFrom
    }
    this.standsStillFrom = isWorking ? now : never
    const hasWritten = bytesOut !== this.answersUpTo
    this.answersUpTo = bytesOut
    if (this.asked?.once !== undefined && bytesIn !== this.asked.onceBytes) this.forgetOnce(this.asked, now)
    if (frames !== undefined) this.followFrame(frames, now)
    this.onWait?.(this.subject, hasWritten)
  }

  /** Nobody waits for input any more, and none has come. */
  waitEndedUnsafe(): void {
    if (this.standsStillFrom === never) this.standsStillFrom = this.now()
  }

  /** The peer's FIN has arrived. */
  peerEndedUnsafe(): void {
    this.halfClosedAt = this.now()
  }

  /** Somebody waits for bytes to leave. */
  blockedUnsafe(): void {
    this.stalledAt(this.now())
  }

  // --- what a handler asks for ---

  setIdleTimeoutUnsafe(milliseconds: number | undefined): void {
    this.askedFor.lasting = milliseconds
    this.parts.deadlines.bringNearerUnsafe(this, this.idleFrom + this.idleTimeout)
  }

  expectWithinUnsafe(milliseconds: number): void {
    const now = this.now()
    const { askedFor } = this
    askedFor.once = milliseconds
    askedFor.onceBytes = this.transport.bytesIn
    this.idleFrom = now
    if (this.standsStillFrom !== never) this.standsStillFrom = now
    this.parts.deadlines.bringNearerUnsafe(this, now + milliseconds)
  }

  /** For how many milliseconds it has been idle, as its idle timeout counts: it stands still while a handler works. */
  get idle(): number {
    if (this.transport.bytesIn !== this.bytesSeen) return 0
    return (this.standsStillFrom === never ? this.now() : this.standsStillFrom) - this.idleFrom
  }

  // --- the sleeper's part ---

  lookUnsafe(now: number): number {
    const { at, expiry } = this.dueFrom(now)
    if (expiry !== undefined && at <= now) return this.expireUnsafe(expiry, now)
    if (this.expired === undefined) return at
    const { abortAt, because } = this.expired
    if (abortAt > now) return Math.min(at, abortAt)
    this.parts.owner.cutUnsafe(this.subject, because)
    return Infinity
  }

  private dueFrom(now: number): Due {
    const whole = Math.ceil(now)
    return nextDue(this.running(whole), this.timeouts(), whole)
  }

  private expireUnsafe(expiry: Expiry, now: number): number {
    if (expiry === "stalled") {
      this.parts.owner.cutUnsafe(this.subject, expiry)
      return Infinity
    }
    const { closeTimeout, drainTimeout } = this.live
    const hasWork = expiry === "max-age" || expiry === "frame-timeout"
    const abortAt = now + (hasWork ? drainTimeout : closeTimeout)
    this.expired = { because: expiry, abortAt }
    this.parts.owner.expiredUnsafe(this.subject, expiry)
    return Math.min(this.dueFrom(now).at, abortAt)
  }

  private running(now: number): Running {
    const { transport } = this
    const isIdle = this.isAwaited && this.standsStillFrom === never && !this.isAnswerPending(now)
    const isReset = transport.closeReason !== undefined
    return {
      "first-byte-timeout": isIdle && transport.bytesIn === 0 ? this.idleFrom : undefined,
      "idle-timeout": isIdle ? this.idleFrom : undefined,
      "frame-timeout": this.isAwaited ? this.unfinished?.from : undefined,
      "half-close-timeout": this.halfClosedAt === never || isReset ? undefined : this.halfClosedAt,
      "max-age": this.subject.openedAt,
      stalled: isReset ? undefined : this.stalledSince(now)
    }
  }

  private timeouts(): Timeouts {
    const { firstByteTimeout, frameTimeout, halfCloseTimeout, maxAge, maxAgeJitter, writeStallTimeout } = this.live
    // One that has come already counts no more, also where there was nothing left to drain.
    if (this.isDraining || this.expired !== undefined) return { ...noTimeouts, stalled: writeStallTimeout }
    return {
      "first-byte-timeout": this.transport.bytesIn === 0 ? firstByteTimeout : Infinity,
      "idle-timeout": this.idleTimeout,
      "frame-timeout": frameTimeout,
      "half-close-timeout": halfCloseTimeout,
      "max-age": maxAge === Infinity ? Infinity : maxAge + this.share() * maxAgeJitter,
      stalled: writeStallTimeout
    }
  }

  private get idleTimeout(): number {
    return this.asked?.once ?? this.asked?.lasting ?? this.live.idleTimeout
  }

  private get askedFor(): AskedFor {
    return (this.asked ??= { lasting: undefined, once: undefined, onceBytes: 0 })
  }

  /** Somebody waits for input, and nothing has come that was not seen yet. */
  private get isAwaited(): boolean {
    const { transport } = this
    return transport.isInputAwaited && transport.inputEnd === undefined && transport.bytesIn === this.bytesSeen
  }

  private isAnswerPending(now: number): boolean {
    if (this.takenUnsafe() >= this.answersUpTo) return false
    // When it will have left nobody tells: idleness begins anew with this look.
    this.idleFrom = now
    return true
  }

  private stalledSince(now: number): number | undefined {
    return this.transport.queuedUnsafe() === 0 ? undefined : this.stalledAt(now)
  }

  private stalledAt(now: number): number {
    const takenBytes = this.takenUnsafe()
    if (this.stall?.takenBytes !== takenBytes) this.stall = { from: now, takenBytes }
    return this.stall.from
  }

  /** Bytes that the kernel has taken. */
  private takenUnsafe(): number {
    const { transport } = this
    return transport.bytesOut - transport.queuedUnsafe()
  }

  private forgetOnce(asked: AskedFor, now: number): void {
    asked.once = undefined
    this.parts.deadlines.bringNearerUnsafe(this, now + this.idleTimeout)
  }

  /** A frame's time counts from its first byte, and not while the loop itself keeps the rest from being read. */
  private followFrame(frames: FrameProgress, now: number): void {
    const { isReading, unfinishedFrame } = frames
    if (!isReading || unfinishedFrame === 0) {
      this.unfinished = undefined
    } else if (unfinishedFrame !== this.unfinished?.frame) {
      this.unfinished = { from: now, frame: unfinishedFrame }
    }
  }

  private share(): number {
    if (this.ageShare === never) this.ageShare = this.parts.deadlines.random.nextDoubleUnsafe()
    return this.ageShare
  }

  private get live(): LiveSettings {
    return this.parts.deadlines.live.current
  }

  private now(): number {
    return this.parts.deadlines.now()
  }
}

const noTimeouts: Timeouts = {
  "first-byte-timeout": Infinity,
  "idle-timeout": Infinity,
  "frame-timeout": Infinity,
  "half-close-timeout": Infinity,
  "max-age": Infinity,
  stalled: Infinity
}
