/**
 * A clock that stands still while anything can run, and then jumps to the next timer.
 *
 * @since 0.1.0
 */
import type { Clock } from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Timer, TimerHeap } from "./TimerHeap.ts"
import type { Task, Turn, Turns } from "./Turn.ts"

/**
 * The clock of a simulation.
 *
 * Timers that are due take turns with everything else that is ready: of what happens at one time, any may come first.
 *
 * @category models
 * @since 0.1.0
 */
export class VirtualClock implements Clock, Turn {
  readonly ordinal = -1
  private now = 0
  private readonly turns: Turns
  private readonly timers = new TimerHeap()
  private set = 0
  private asleep = 0
  private isReady = false

  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())

  constructor(turns: Turns) {
    this.turns = turns
  }

  currentTimeMillisUnsafe(): number {
    return this.now
  }

  currentTimeNanosUnsafe(): bigint {
    return BigInt(this.now) * 1_000_000n
  }

  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const milliseconds = wholeMilliseconds(Duration.toMillis(duration))
    if (milliseconds <= 0) return Effect.yieldNow
    if (milliseconds === Number.POSITIVE_INFINITY) return Effect.never
    return Effect.callback<void>((resume) => {
      this.asleep++
      const cancel = this.scheduleUnsafe(this.now + milliseconds, () => {
        this.asleep--
        resume(Effect.void)
      })
      return Effect.sync(() => {
        this.asleep--
        cancel()
      })
    })
  }

  /**
   * Calls `wake` at a time, without a fiber that sleeps until then; gives what calls it off.
   *
   * **Shapes**
   *
   * - `at`: virtual milliseconds; a fraction counts as the next whole one, now or a time that has passed as soon as possible,
   *   infinity as never.
   * - What is set for the same time is called in the order in which it was set.
   */
  readonly scheduleUnsafe = (at: number, wake: () => void): (() => void) => {
    const timer = new Timer(wholeMilliseconds(at), this.set++, wake)
    if (timer.at === Number.POSITIVE_INFINITY) return () => {}
    this.timers.add(timer)
    this.update()
    return () => {
      this.timers.remove(timer)
      this.update()
    }
  }

  /** How many fibers sleep; those that sleep for ever do not count. */
  get sleeping(): number {
    return this.asleep
  }

  /** When the next timer is due. */
  get next(): number | undefined {
    return this.timers.first?.at
  }

  /** Jumps to the next timer. */
  jump(): void {
    this.now = Math.max(this.now, this.next ?? this.now)
    this.update()
  }

  /** All timers that are due belong to one turn, as in the platform's loop. */
  get isOver(): boolean {
    const first = this.timers.first
    return first === undefined || first.at > this.now
  }

  take(): Task | undefined {
    const first = this.timers.first
    if (first === undefined || first.at > this.now) return undefined
    this.timers.remove(first)
    if (this.isOver) this.isReady = false
    return first.wake
  }

  /** Is among the ready ones exactly while a timer is due. */
  private update(): void {
    if (this.isReady !== this.isOver) return
    this.isReady = !this.isReady
    if (this.isReady) this.turns.add(this)
    else this.turns.remove(this)
  }
}

/** A fraction of a deadline that rounds to nothing would stop the clock for ever. */
const wholeMilliseconds = (milliseconds: number): number => {
  if (Number.isNaN(milliseconds)) throw new RangeError("a timer's time is NaN, allowed are numbers of milliseconds")
  return Math.ceil(milliseconds)
}
