/**
 * The account of one dial: every attempt that was begun, what became of it, and whose turn has not come.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import type { Address } from "./Address.ts"
import { type DialAttempt, DialError } from "./DialError.ts"
import { type AttemptReason, Cancelled, type DialPhase, Timeout } from "./DialReason.ts"
import { millisecondsOf } from "./DrainDeadline.ts"

/** An attempt under way. */
export class DialEntry {
  readonly target: string
  readonly address: Address | undefined
  phase: DialPhase
  private readonly clock: Clock.Clock
  private readonly began: number
  private end: { readonly reason: AttemptReason | undefined; readonly at: number } | undefined

  constructor(clock: Clock.Clock, target: string, address: Address | undefined, phase: DialPhase) {
    this.clock = clock
    this.began = millisecondsOf(clock)
    this.target = target
    this.address = address
    this.phase = phase
  }

  /** What is said first counts; no reason is success. */
  settle(reason: AttemptReason | undefined): void {
    this.end ??= { reason, at: millisecondsOf(this.clock) }
  }

  get isOpen(): boolean {
    return this.end === undefined
  }

  /** It was under way when the time was up, or had connected in that instant and was of no use any more. */
  timeOut(): void {
    const isToldOf = this.end !== undefined && (this.end.reason !== undefined || this.address === undefined)
    if (!isToldOf) this.end = { reason: new Timeout({ phase: this.phase }), at: millisecondsOf(this.clock) }
  }

  /** The attempt as an error tells of it, if it came to nothing. */
  get failure(): DialAttempt | undefined {
    if (this.end?.reason === undefined) return undefined
    const { at, reason } = this.end
    return { target: this.target, address: this.address, reason, elapsed: Duration.millis(at - this.began) }
  }
}

export class DialLedger {
  private readonly clock: Clock.Clock
  private readonly target: string
  private readonly began: number
  private readonly entries: Array<DialEntry> = []
  private readonly waiting = new Map<object, string>()
  private isTimeUp = false

  constructor(clock: Clock.Clock, target: string) {
    this.clock = clock
    this.target = target
    this.began = millisecondsOf(clock)
  }

  get beganAt(): number {
    return this.began
  }

  /** It is to be tried when its turn comes. */
  expect(what: object, printed: string): void {
    this.waiting.set(what, printed)
  }

  /** Its turn has come. */
  forget(what: object): void {
    this.waiting.delete(what)
  }

  begin(target: string, address: Address | undefined, phase: DialPhase): DialEntry {
    const entry = new DialEntry(this.clock, target, address, phase)
    this.entries.push(entry)
    // Between the decision and its own interruption it may still begin.
    if (this.isTimeUp) entry.timeOut()
    return entry
  }

  /** One has won: whatever is still under way is given up. */
  cancelOpen(): void {
    for (const entry of this.entries) if (entry.isOpen) entry.settle(new Cancelled({ phase: entry.phase }))
  }

  /** The time is up, and nothing has won. */
  timeOut(): void {
    this.isTimeUp = true
    for (const entry of this.entries) entry.timeOut()
  }

  /** What came to nothing, in the order of starting. */
  get failures(): ReadonlyArray<DialAttempt> {
    return this.entries.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  }

  get elapsed(): Duration.Duration {
    return Duration.millis(millisecondsOf(this.clock) - this.began)
  }

  /** The error of a dial that is over; with the `connectTimeout` that has passed, if that is why. */
  error(connectTimeout?: number): DialError {
    return new DialError({
      target: this.target,
      attempts: this.failures,
      untried: Array.from(this.waiting.values()),
      elapsed: this.elapsed,
      ...(connectTimeout !== undefined && { connectTimeout: Duration.millis(connectTimeout) })
    })
  }
}
