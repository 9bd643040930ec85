/**
 * The deadlines of all connections of a server: one fiber sleeps for them.
 *
 * A connection costs a cell, and neither a fiber nor a timer. Bytes only leave their time in the cell; the sleeper reads it when
 * the earliest time comes at which something could be due, and mostly finds that it has to look again later.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Random } from "effect/Random"
import { Alarm } from "./Alarm.ts"
import { DeadlineHeap, type HeapCell } from "./DeadlineHeap.ts"
import { millisecondsOf } from "./DrainDeadline.ts"
import type { LiveCell } from "./LiveSettings.ts"
import { OwnFibers } from "./OwnFibers.ts"

/** What has deadlines; all times are those of {@link Deadlines.now}. */
export interface Watched extends HeapCell {
  /** Acts on what is due by now, which may be between two milliseconds; gives the time at which to look again. */
  readonly lookUnsafe: (now: number) => number
}

/** Where the deadlines of a server come from. */
export interface DeadlinesParts {
  readonly live: LiveCell
  readonly clock: Clock.Clock
  readonly random: Random
  /** Starts a fiber of the server's own, in the step that calls it. */
  readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

/** Looks in one go before others get their turn: ten thousand connections may be due at once. */
const looksPerTurn = 256

export class Deadlines {
  readonly live: LiveCell
  readonly random: Random
  private readonly parts: DeadlinesParts
  private readonly heap = new DeadlineHeap<Watched>()
  private readonly alarm: Alarm
  private readonly reports: OwnFibers
  private readonly beganAt: number
  private looking = false

  constructor(parts: DeadlinesParts) {
    this.parts = parts
    // Whole, so that a time of the clock minus this is never less than it was before this was added.
    this.beganAt = Math.floor(millisecondsOf(parts.clock))
    this.live = parts.live
    this.random = parts.random
    this.reports = new OwnFibers(parts.run)
    this.alarm = new Alarm(parts, () => this.lookAround())
  }

  /** How many are watched. */
  get size(): number {
    return this.heap.size
  }

  /**
   * Whole milliseconds since the server was made: V8 keeps a small integer in the object that has it, and gives any other number 16 bytes
   * of its own. Rounded up: what begins now is not over too early.
   */
  now(): number {
    return Math.ceil(this.elapsed())
  }

  private elapsed(): number {
    return millisecondsOf(this.parts.clock) - this.beganAt
  }

  /** Looks at it at this time for the first time. */
  watchUnsafe(watched: Watched, at: number): void {
    this.heap.add(watched, Math.ceil(at))
    this.setAlarm()
  }

  /** Never looks at it again. */
  forgetUnsafe(watched: Watched): void {
    this.heap.remove(watched)
  }

  /** Looks at it at this time, unless it would sooner. */
  bringNearerUnsafe(watched: Watched, at: number): void {
    if (watched.place < 0 || at >= watched.dueAt) return
    this.heap.move(watched, Math.ceil(at))
    this.setAlarm()
  }

  /** Has to be called when the live settings have changed: what was far away may be due. */
  settingsChangedUnsafe(): void {
    this.heap.moveAll(this.now())
    this.setAlarm()
  }

  /** Nobody sleeps after it, and nothing is looked at any more. */
  get end(): Effect.Effect<void> {
    return Effect.andThen(this.alarm.end, this.reports.idle)
  }

  private lookAround(): void {
    const now = this.elapsed()
    this.looking = true
    for (let looks = 0; looks < looksPerTurn; looks++) {
      const { first } = this.heap
      if (first === undefined || first.dueAt > now) break
      const next = Math.ceil(this.lookSafely(first, now))
      // What it did may have been its end.
      if (first.place >= 0) this.heap.move(first, next)
    }
    this.looking = false
    this.setAlarm()
  }

  /** A transport's defect in one connection must not take the deadlines of all others away. */
  private lookSafely(watched: Watched, now: number): number {
    try {
      return watched.lookUnsafe(now)
    } catch (defect) {
      this.reports.start(Effect.ignoreCause(Effect.logError("a deadline could not be acted on", Cause.die(defect))))
      return Infinity
    }
  }

  private setAlarm(): void {
    if (!this.looking) this.alarm.setUnsafe(this.beganAt + (this.heap.first?.dueAt ?? Infinity))
  }
}
