/**
 * Telling idle connections of a drain one after the other.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { Alarm, type AlarmParts } from "./Alarm.ts"
import { millisecondsOf } from "./DrainDeadline.ts"

interface Untold {
  readonly at: number
  readonly tell: () => void
}

/**
 * Spreads over a time, so that peers which dial again do not all do so in the same instant.
 *
 * @source FF-15
 */
export class DrainSpread {
  private readonly parts: AlarmParts
  private readonly alarm: Alarm
  private milliseconds = Number.POSITIVE_INFINITY
  private endsAt: number | undefined
  /** The next one last. */
  private untold: Array<Untold> = []

  constructor(parts: AlarmParts) {
    this.parts = parts
    this.alarm = new Alarm(parts, () => this.tellDueUnsafe())
  }

  /** Everybody is told in the same instant. */
  get isNone(): boolean {
    return this.milliseconds === 0
  }

  /** How long it may take, from now if it has begun; a later call may only bring its end nearer. */
  bringNearerUnsafe(milliseconds: number): void {
    if (this.endsAt === undefined) {
      this.milliseconds = Math.min(this.milliseconds, milliseconds)
      return
    }
    const now = this.now()
    const left = this.endsAt - now
    if (milliseconds >= left) return
    // Nearer in the same proportion, or all that is left would fall on the new end.
    this.untold = this.untold.map(({ at, tell }) => ({ at: now + ((at - now) * milliseconds) / left, tell }))
    this.endsAt = now + milliseconds
    this.tellDueUnsafe()
  }

  /** Tells each at a time of its own; `draw` gives numbers from 0 to less than 1. */
  beginUnsafe(tells: ReadonlyArray<() => void>, draw: () => number): void {
    const now = this.now()
    const spread = this.milliseconds
    this.endsAt = now + spread
    const drawn = tells.map((tell) => ({ at: now + Math.floor(draw() * spread), tell }))
    this.untold = drawn.sort((a, b) => b.at - a.at)
    this.tellDueUnsafe()
  }

  /** Nobody sleeps after it. */
  get end(): Effect.Effect<void> {
    return this.alarm.end
  }

  private tellDueUnsafe(): void {
    const now = this.now()
    const due: Array<Untold> = []
    for (let next = this.untold.at(-1); next !== undefined && next.at <= now; next = this.untold.at(-1)) {
      due.push(next)
      this.untold.pop()
    }
    // Before anybody is told, whose handler may lead back here.
    this.alarm.setUnsafe(this.untold.at(-1)?.at ?? Number.POSITIVE_INFINITY)
    for (const { tell } of due) tell()
  }

  private now(): number {
    return millisecondsOf(this.parts.clock)
  }
}
