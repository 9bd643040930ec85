/**
 * What a server with deadlines owes its connections, told from the trace alone: since when each of them is idle, or owes the rest of
 * a line.
 */
import type { EndReason } from "tidegate/Events"
import { timeoutOf } from "./DeadlinesLife.ts"
import type { DeadlinesScenario } from "./DeadlinesScenario.ts"

/** When a deadline comes, as things stand. */
export interface Dues {
  readonly "idle-timeout": number
  readonly "first-byte-timeout": number
  readonly "frame-timeout": number
}
export type DueReason = keyof Dues

export const isDueReason = (reason: EndReason): reason is DueReason =>
  reason === "idle-timeout" || reason === "first-byte-timeout" || reason === "frame-timeout"

export class ConnectionModel {
  readonly id: number
  readonly end: string
  /** Told to end, for whatever reason, or gone by itself: nothing is due any more. */
  isOver = false
  toldAt: number | undefined
  /** A byte came in the very millisecond in which a timeout for the next byte was asked for: which was first is not in the trace. */
  isUnclear = false
  private duesWhenTold: ReadonlyArray<Dues> = []
  private readonly scenario: DeadlinesScenario
  private text = ""
  private bytes = 0
  private activeAt: number
  private answeredAt = 0
  private halfLineAt: number | undefined
  private inFlight = 0
  private lasting: number | undefined
  private once: { readonly at: number; readonly amount: number; readonly bytes: number } | undefined
  /** What was due before this millisecond: of what happens in it, nobody can tell what came first. */
  private before: { readonly at: number; readonly dues: Dues } | undefined
  private latest: { readonly at: number; readonly dues: Dues }

  constructor(id: number, end: string, at: number, scenario: DeadlinesScenario, idleTimeout: number) {
    this.id = id
    this.end = end
    this.scenario = scenario
    this.activeAt = at
    this.latest = { at, dues: this.dues(idleTimeout) }
  }

  toString(): string {
    return `connection ${this.id} (${this.end})`
  }

  /** As things stand now. */
  dues(idleTimeout: number): Dues {
    const { firstByteTimeout, frameTimeout } = this.scenario.server
    const waits = this.inFlight === 0
    const idle = this.once?.amount ?? this.lasting ?? idleTimeout
    const reads = waits || this.scenario.handler === "works together"
    const frameFrom = this.halfLineAt === undefined ? Infinity : Math.max(this.halfLineAt, this.frameGap)
    return {
      "idle-timeout": waits ? this.activeAt + idle : Infinity,
      "first-byte-timeout": this.bytes === 0 ? this.activeAt + Number(firstByteTimeout) : Infinity,
      "frame-timeout": reads ? frameFrom + Number(frameTimeout) : Infinity
    }
  }

  /** As they stood when this millisecond began. */
  duesBefore(at: number): Dues {
    return this.latest.at < at || this.before === undefined ? this.latest.dues : this.before.dues
  }

  /** Call it after each change. */
  changed(at: number, idleTimeout: number): void {
    if (this.latest.at < at) this.before = this.latest
    this.latest = { at, dues: this.dues(idleTimeout) }
  }

  tell(at: number, idleTimeout: number): void {
    this.isOver = true
    this.toldAt = at
    this.duesWhenTold = [this.duesBefore(at), this.dues(idleTimeout)]
  }

  /** The earlier one, of how things stood before that millisecond and how they stood in it. */
  dueWhenTold(reason: DueReason): number {
    return Math.min(...this.duesWhenTold.map((dues) => dues[reason]))
  }

  sends(text: string): void {
    this.text += text
  }

  reads(at: number, bytes: number): void {
    const lineBegan = this.text.lastIndexOf("\n", this.bytes + bytes - 1) + 1
    const isWhole = lineBegan === this.bytes + bytes
    if (isWhole) this.halfLineAt = undefined
    else if (this.halfLineAt === undefined || lineBegan >= this.bytes) this.halfLineAt = at
    this.bytes += bytes
    this.activeAt = at
    if (this.once === undefined || this.bytes === this.once.bytes) return
    if (this.once.at === at) this.isUnclear = true
    this.once = undefined
  }

  frame(at: number, line: string): void {
    this.activeAt = at
    const asked = timeoutOf(this.scenario.handler, line)
    if (asked === undefined) {
      if (this.scenario.handler === "works" || this.scenario.handler === "works together") this.inFlight++
    } else if (asked.kind === "once") this.once = { at, amount: asked.amount, bytes: this.bytes }
    else this.lasting = asked.amount
  }

  answered(at: number): void {
    this.inFlight--
    this.activeAt = at
    this.answeredAt = at
  }

  /** Until then the loop did not read on; one that handles frames together does. */
  private get frameGap(): number {
    return this.scenario.handler === "works" ? this.answeredAt : 0
  }
}
