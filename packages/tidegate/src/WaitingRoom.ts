/**
 * The connections that wait for a slot, the oldest first, each until its deadline or until its peer goes away.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import { Alarm, type AlarmParts } from "./Alarm.ts"
import { millisecondsOf } from "./DrainDeadline.ts"
import type { Connection } from "./TransportConnection.ts"

/** A connection that waits. */
export interface Parked {
  readonly id: number
  readonly transport: Connection
}

/** What a room works for; both are called in the step in which the connection has left the room. */
export interface WaitingRoomParts<P extends Parked> extends AlarmParts {
  /** How long one may wait, in milliseconds; asked at the moment of need. */
  readonly waitTimeout: () => number
  readonly onExpired: (parked: P) => void
  /** Its peer has reset, or has ended without a word, or the connection has failed. */
  readonly onLeft: (parked: P) => void
}

/** Linked, so that one can leave from the middle of a long room. */
interface Place<P> {
  readonly parked: P
  readonly since: number
  readonly look: () => void
  before: Place<P> | undefined
  behind: Place<P> | undefined
}

export class WaitingRoom<P extends Parked> {
  private readonly parts: WaitingRoomParts<P>
  /** Who has waited longest is due first, so one alarm does for all; if that one has gone, it looks for the next when it rings. */
  private readonly alarm: Alarm
  private oldest: Place<P> | undefined
  private newest: Place<P> | undefined
  size = 0

  constructor(parts: WaitingRoomParts<P>) {
    this.parts = parts
    this.alarm = new Alarm(parts, () => this.expireUnsafe())
  }

  /**
   * Its input is read from now on, as far as the read-ahead goes: a peer that goes away is only noticed by who reads, and what it
   * sends is there for the handler. One that half-closes behind what it has sent stays.
   */
  addUnsafe(parked: P): void {
    const place: Place<P> = {
      parked,
      since: millisecondsOf(this.parts.clock),
      look: () => this.lookUnsafe(place),
      before: this.newest,
      behind: undefined
    }
    if (this.newest === undefined) this.oldest = place
    else this.newest.behind = place
    this.newest = place
    this.size++
    if (this.size === 1) this.settingsChangedUnsafe()
    this.lookUnsafe(place)
  }

  /** The one that has waited longest; it is in the room no more. */
  takeUnsafe(): P | undefined {
    const place = this.oldest
    if (place === undefined) return undefined
    this.removeUnsafe(place)
    return place.parked
  }

  /** The deadlines depend on what is set now. */
  settingsChangedUnsafe(): void {
    this.alarm.setUnsafe(this.oldest === undefined ? Infinity : this.deadlineOf(this.oldest))
  }

  /** No fiber is left after it. */
  get end(): Effect.Effect<void> {
    return this.alarm.end
  }

  private deadlineOf({ since }: Place<P>): number {
    return since + this.parts.waitTimeout()
  }

  private expireUnsafe(): void {
    const now = millisecondsOf(this.parts.clock)
    while (this.oldest !== undefined && this.deadlineOf(this.oldest) <= now) {
      const { parked } = this.oldest
      this.removeUnsafe(this.oldest)
      this.parts.onExpired(parked)
    }
    this.settingsChangedUnsafe()
  }

  private lookUnsafe(place: Place<P>): void {
    const { transport } = place.parked
    if (!hasLeft(transport)) {
      // Behind a FIN too: a connection that fails then wakes whoever waits for input.
      transport.onInputUnsafe(place.look)
      return
    }
    this.removeUnsafe(place)
    this.parts.onLeft(place.parked)
  }

  private removeUnsafe(place: Place<P>): void {
    const { before, behind } = place
    if (before === undefined) this.oldest = behind
    else before.behind = behind
    if (behind === undefined) this.newest = before
    else behind.before = before
    this.size--
    place.parked.transport.offInputUnsafe(place.look)
  }
}

/**
 * A peer that has sent bytes and then FIN waits for its replies; one that has sent FIN only wants none.
 *
 * @source FF-17
 */
const hasLeft = ({ bytesIn, closeReason, inputEnd }: Connection): boolean => {
  if (closeReason !== undefined) return true
  return inputEnd === "eof" ? bytesIn === 0 : inputEnd !== undefined
}
