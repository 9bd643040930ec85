/**
 * One connection on which lines are written whenever its owner wants, and checked when they come back.
 */
import type { Socket } from "node:net"
import { dial, type Place } from "./Dial.ts"
import { Wrong } from "./Load.ts"
import type { Pattern } from "./Pattern.ts"
import { Replies } from "./Replies.ts"

export interface ClientEvents {
  /** So many lines have come back whole by one chunk. */
  readonly onLines: (count: number) => void
  /** Bytes came that must not come. */
  readonly onWrong: (error: Error) => void
  readonly onEnd: () => void
  readonly onError: (error: Error) => void
}

export class Client {
  readonly socket: Socket
  readonly connected: Promise<void>
  private readonly pattern: Pattern
  private readonly replies: Replies
  private readonly events: ClientEvents
  private line: number

  constructor(place: Place, pattern: Pattern, number: number, events: ClientEvents) {
    this.pattern = pattern
    this.events = events
    // Each begins elsewhere: what was meant for another one is noticed.
    this.line = number % pattern.lines
    this.replies = new Replies(pattern, this.line, nameOf(number))
    this.socket = dial(place, (length, chunk) => this.read(length, chunk))
    this.connected = new Promise((resolve) => this.socket.once("connect", resolve))
    this.socket.on("error", (error) => events.onError(error))
    this.socket.on("end", () => events.onEnd())
  }

  get owedBytes(): number {
    return this.replies.owed
  }

  write(count: number): void {
    const bytes = this.pattern.take(this.line, count)
    this.line = (this.line + count) % this.pattern.lines
    this.replies.written(bytes.length)
    this.socket.write(bytes)
  }

  private read(length: number, chunk: Buffer): void {
    let whole: number
    try {
      whole = this.replies.arrived(length, chunk)
    } catch (error) {
      this.socket.destroy()
      return this.events.onWrong(error instanceof Error ? error : new Wrong(String(error)))
    }
    if (whole > 0) this.events.onLines(whole)
  }
}

/** For connections that the server has no reason to end. */
export const staysOpen = (
  number: number,
  fail: (error: Error) => void
): Pick<ClientEvents, "onWrong" | "onEnd" | "onError"> => ({
  onWrong: fail,
  onEnd: () => fail(new Wrong(`${nameOf(number)}: ended by the server`)),
  onError: ({ message }) => fail(new Wrong(`${nameOf(number)}: ${message}`))
})

const nameOf = (number: number): string => `connection ${number}`
