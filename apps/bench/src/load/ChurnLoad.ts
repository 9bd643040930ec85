/**
 * Clients that connect, write one line, read it, end, wait until the connection is closed, and begin again.
 */
import type { Socket } from "node:net"
import { dial } from "./Dial.ts"
import { type ChurnPlan, Counts, type Load, Wrong } from "./Load.ts"
import { Owed } from "./Owed.ts"
import { Pattern } from "./Pattern.ts"
import { Replies } from "./Replies.ts"

export class ChurnLoad implements Load {
  readonly counts = new Counts()
  readonly plan: ChurnPlan
  readonly pattern: Pattern
  readonly fail: (error: Error) => void
  private readonly owed = new Owed()
  private open = 0
  private stopping = false

  constructor(plan: ChurnPlan, fail: (error: Error) => void) {
    this.plan = plan
    this.pattern = new Pattern(plan.size, 1)
    this.fail = fail
  }

  async begin(): Promise<void> {
    for (let i = 0; i < this.plan.connections; i++) this.next(this.plan.first + i)
  }

  async finish(): Promise<void> {
    this.stopping = true
    if (this.open > 0) await this.owed.wait(() => `${this.open} clients were not served`)
  }

  /** A client has nothing more to do. */
  ended(line: number, isDone: boolean): void {
    if (isDone) this.counts.done++
    else this.counts.failed++
    this.open--
    if (!this.stopping) this.next(line + 1)
    else if (this.open === 0) this.owed.settled()
  }

  private next(line: number): void {
    this.open++
    new ChurnClient(this, line % this.pattern.lines)
  }
}

class ChurnClient {
  private readonly load: ChurnLoad
  private readonly replies: Replies
  private readonly socket: Socket
  private hasReply = false
  private hasFailed = false

  constructor(load: ChurnLoad, line: number) {
    this.load = load
    this.replies = new Replies(load.pattern, line, "a client")
    this.socket = dial(load.plan, (length, chunk) => this.read(length, chunk))
    this.socket.on("connect", () => {
      this.replies.written(load.pattern.lineLength)
      this.socket.write(load.pattern.take(line, 1))
    })
    this.socket.on("error", () => {
      this.hasFailed = true
    })
    this.socket.on("close", () => load.ended(line, this.hasReply && !this.hasFailed))
  }

  private read(length: number, chunk: Buffer): void {
    try {
      this.replies.arrived(length, chunk)
    } catch (error) {
      this.socket.destroy()
      return this.load.fail(error instanceof Error ? error : new Wrong(String(error)))
    }
    if (this.replies.owed > 0) return
    this.hasReply = true
    this.socket.end()
  }
}
