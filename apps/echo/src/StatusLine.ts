/**
 * Lines on stderr, with a last one that is rewritten in place where stderr is a terminal.
 */

/** What is needed of a stream. */
export interface LineStream {
  readonly isTTY?: boolean | undefined
  readonly write: (text: string) => unknown
}

/** Back to the first column, and clear the line (ECMA-48: CR, EL 2). */
const clear = "\r\u001b[2K"

export class StatusLine {
  private readonly stream: LineStream
  private status = ""

  constructor(stream: LineStream) {
    this.stream = stream
  }

  get isTerminal(): boolean {
    return this.stream.isTTY === true
  }

  /** Writes a line for good; the status goes on below it. */
  print(line: string): void {
    this.stream.write(this.status === "" ? `${line}\n` : `${clear}${line}\n${this.status}`)
  }

  /** Rewrites the status in place; empty takes it away. On a stream that is no terminal there is none. */
  show(status: string): void {
    if (!this.isTerminal || status === this.status) return
    this.stream.write(this.status === "" ? status : `${clear}${status}`)
    this.status = status
  }
}
