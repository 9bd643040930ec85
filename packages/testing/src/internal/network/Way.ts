/**
 * One direction of a wire: how long what is sent takes, and in which order it arrives.
 *
 * @since 0.1.0
 */
import type { Sender } from "./DelayQueue.ts"
import type { Deliveries, Delivery } from "./Deliveries.ts"
import { Draws, type Span } from "./Draw.ts"
import type { Link } from "./Link.ts"

/**
 * What decides at the end of a direction whether something arrives now.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gate {
  readonly isBlocked: boolean
  readonly keep: (delivery: Delivery) => void
}

interface WayDraws {
  readonly latencies: Draws
  readonly ties: Draws
  readonly segments: Draws
  readonly reads: Draws
}

/**
 * A direction. Nothing that travels in it overtakes anything else; two directions may overtake each other, and who is first in the
 * same millisecond is drawn.
 *
 * @category models
 * @since 0.1.0
 */
export class Way implements Sender {
  link: Link
  private readonly deliveries: Deliveries
  private readonly gate: Gate
  private readonly seed: number
  private readonly label: string
  private draws: WayDraws | undefined
  /** What is sent now arrives in the next turn. */
  private isInstant: boolean
  private isCut = false
  /** How many things are delayed, and when the last one arrives. */
  private delayed = 0
  private lastAt = 0
  /** The millisecond in which the line is free again, and the bytes it has carried of what it can carry in that one. */
  private busyUntil = 0
  private busyBytes = 0

  /** All draws are made for the label. */
  constructor(deliveries: Deliveries, gate: Gate, link: Link, seed: number, label: string) {
    this.deliveries = deliveries
    this.gate = gate
    this.link = link
    this.seed = seed
    this.label = label
    this.isInstant = takesNoTime(link)
  }

  relink(link: Link): void {
    this.link = link
    this.update()
  }

  /** What is sent from now on is lost. */
  cut(): void {
    this.isCut = true
    this.update()
  }

  get nextSegmentBytes(): number {
    return this.drawn("segments", this.link.segmentBytes)
  }

  get nextReadBytes(): number {
    return this.drawn("reads", this.link.readBytes)
  }

  get isBlocked(): boolean {
    return this.gate.isBlocked
  }

  keep(delivery: Delivery): void {
    this.gate.keep(delivery)
  }

  /** Sends something of this many bytes; at the other end it has to go through {@link arrive}. */
  carry(bytes: number, delivery: Delivery): void {
    if (this.isInstant) this.deliveries.post(delivery)
    else if (!this.isCut) this.carryLater(bytes, delivery)
  }

  /** Something has come to the end of the way. */
  arrive(delivery: Delivery): void {
    if (this.gate.isBlocked) this.gate.keep(delivery)
    else delivery()
  }

  /** Sends the answer to a SYN. Where nothing takes time, it is there in the turn in which the SYN was heard. */
  answer(delivery: Delivery): void {
    if (this.isInstant) this.arrive(delivery)
    else this.carry(0, () => this.arrive(delivery))
  }

  private carryLater(bytes: number, delivery: Delivery): void {
    const now = this.deliveries.now()
    const at = Math.max(this.sentAt(now, bytes) + this.drawn("latencies", this.link.latency), this.lastAt)
    this.lastAt = at
    if (at <= now && this.delayed === 0) {
      this.deliveries.post(delivery)
      return
    }
    this.delayed++
    this.update()
    this.deliveries.delay({ at, tie: this.ownDraws.ties.at(at), from: this, delivery })
  }

  left(): void {
    this.delayed--
    this.update()
  }

  private update(): void {
    this.isInstant = this.delayed === 0 && !this.isCut && takesNoTime(this.link)
  }

  private drawn(what: keyof WayDraws, span: Span): number {
    return span.min === span.max ? span.min : this.ownDraws[what].from(span)
  }

  private get ownDraws(): WayDraws {
    return (this.draws ??= {
      latencies: new Draws(this.seed, `latency/${this.label}`),
      ties: new Draws(this.seed, `tie/${this.label}`),
      segments: new Draws(this.seed, `segment/${this.label}`),
      reads: new Draws(this.seed, `read/${this.label}`)
    })
  }

  /** When the last of the bytes is on the line, which carries one thing after the other. */
  private sentAt(now: number, bytes: number): number {
    const { bytesPerMillisecond } = this.link
    if (bytesPerMillisecond === Number.POSITIVE_INFINITY) return now
    if (this.busyUntil < now) {
      this.busyUntil = now
      this.busyBytes = 0
    }
    this.busyBytes += bytes
    this.busyUntil += Math.floor(this.busyBytes / bytesPerMillisecond)
    this.busyBytes %= bytesPerMillisecond
    return this.busyBytes === 0 ? this.busyUntil : this.busyUntil + 1
  }
}

const takesNoTime = (link: Link): boolean =>
  link.latency.max === 0 && link.bytesPerMillisecond === Number.POSITIVE_INFINITY
