/**
 * The alarm before the limit: told when the connections reach a threshold, and again while they stay there.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { Alarm, type AlarmParts } from "./Alarm.ts"
import { millisecondsOf } from "./DrainDeadline.ts"

/** When it was last told; none: not yet. */
export interface PressureState {
  readonly toldAt: number | undefined
}

/** What is looked at. */
export interface PressureSight {
  readonly now: number
  readonly connections: number
  readonly threshold: number
  readonly cooldown: number
}

/** - `tells`: now. `lookAgainAt`: with nobody coming meanwhile; `Infinity` is never. */
export interface PressureStep {
  readonly state: PressureState
  readonly tells: boolean
  readonly lookAgainAt: number
}

export const calm: PressureState = { toldAt: undefined }

/**
 * One look. At the threshold and above it is told, at most once in a cooldown; without a cooldown, at every look.
 *
 * @source B39
 */
export const look = (state: PressureState, { connections, cooldown, now, threshold }: PressureSight): PressureStep => {
  if (connections < threshold) return { state, tells: false, lookAgainAt: Infinity }
  const until = state.toldAt === undefined ? now : state.toldAt + cooldown
  if (now < until) return { state, tells: false, lookAgainAt: until }
  return { state: { toldAt: now }, tells: true, lookAgainAt: cooldown > 0 ? now + cooldown : Infinity }
}

/** Four fifths of the limit; nobody is told of a server without one. */
export const thresholdOf = (asked: number | undefined, limit: number): number =>
  asked ?? (limit === Infinity ? Infinity : Math.max(1, Math.ceil(limit * 0.8)))

export class Pressure {
  private readonly parts: AlarmParts
  private readonly sight: () => Omit<PressureSight, "now">
  private readonly tell: () => void
  private readonly alarm: Alarm
  private state = calm

  constructor(parts: AlarmParts, sight: () => Omit<PressureSight, "now">, tell: () => void) {
    this.parts = parts
    this.sight = sight
    this.tell = tell
    this.alarm = new Alarm(parts, () => this.lookUnsafe())
  }

  lookUnsafe(): void {
    const step = look(this.state, { ...this.sight(), now: millisecondsOf(this.parts.clock) })
    this.state = step.state
    this.alarm.setUnsafe(step.lookAgainAt)
    if (step.tells) this.tell()
  }

  /** Nobody is told any more. */
  get end(): Effect.Effect<void> {
    return this.alarm.end
  }
}
