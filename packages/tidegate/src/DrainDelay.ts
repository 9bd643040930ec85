/**
 * The first phase of a graceful shutdown: the server is not ready any more and goes on accepting, since those who send clients to
 * it may not know yet.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Alarm, type AlarmParts } from "./Alarm.ts"
import { millisecondsOf } from "./DrainDeadline.ts"

/**
 * Over at its end, or when nobody has come for a while.
 *
 * @source FF-92: a balancer learns of a stop and the server of it at the same time
 */
export class DrainDelay {
  private readonly parts: AlarmParts
  private readonly alarm: Alarm
  private readonly passed = Deferred.makeUnsafe<void>()
  private endsAt = Number.POSITIVE_INFINITY
  private quietInterval = Number.POSITIVE_INFINITY
  private lastArrival: number | undefined

  constructor(parts: AlarmParts) {
    this.parts = parts
    this.alarm = new Alarm(parts, () => this.lookUnsafe())
  }

  /** The first call begins it; a later one may only bring its end nearer. */
  bringNearerUnsafe(delay: number, quietInterval: number): void {
    const now = this.now()
    this.lastArrival ??= now
    this.endsAt = Math.min(this.endsAt, now + delay)
    this.quietInterval = Math.min(this.quietInterval, quietInterval)
    this.lookUnsafe()
  }

  /** Somebody has come, so it is not quiet. */
  arrivedUnsafe(): void {
    this.lastArrival = this.now()
  }

  get isOver(): boolean {
    return Deferred.isDoneUnsafe(this.passed)
  }

  /** Suspends until it is over. */
  get over(): Effect.Effect<void> {
    return Deferred.await(this.passed)
  }

  /** Nobody sleeps after it. */
  get end(): Effect.Effect<void> {
    return this.alarm.end
  }

  private lookUnsafe(): void {
    const now = this.now()
    const endsAt = Math.min(this.endsAt, (this.lastArrival ?? now) + this.quietInterval)
    if (endsAt <= now) Deferred.doneUnsafe(this.passed, Effect.void)
    // Who comes meanwhile sets nothing: that is looked at when it is time.
    this.alarm.setUnsafe(endsAt <= now ? Number.POSITIVE_INFINITY : endsAt)
  }

  private now(): number {
    return millisecondsOf(this.parts.clock)
  }
}
