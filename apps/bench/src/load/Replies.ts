/**
 * Checks the bytes that come back on one connection against those that were written.
 */
import { Wrong } from "./Load.ts"
import type { Pattern } from "./Pattern.ts"

export class Replies {
  private readonly pattern: Pattern
  private readonly who: string
  /** Where in the pattern the next byte has to be found. */
  private at: number
  /** Bytes of a line that is not whole yet. */
  private partial = 0
  private owedBytes = 0

  constructor(pattern: Pattern, line: number, who: string) {
    this.pattern = pattern
    this.at = line * pattern.lineLength
    this.who = who
  }

  get owed(): number {
    return this.owedBytes
  }

  written(bytes: number): void {
    this.owedBytes += bytes
  }

  /** How many lines became whole by this chunk. */
  arrived(length: number, chunk: Buffer): number {
    const { bytes, lineLength, period } = this.pattern
    if (chunk.compare(bytes, this.at, this.at + length, 0, length) !== 0) throw this.firstDifference(length, chunk)
    if (length > this.owedBytes) throw new Wrong(`${this.who}: ${length - this.owedBytes} bytes more than were sent`)
    this.owedBytes -= length
    this.at += length
    if (this.at >= period) this.at %= period
    const together = this.partial + length
    const whole = Math.floor(together / lineLength)
    this.partial = together - whole * lineLength
    return whole
  }

  private firstDifference(length: number, chunk: Buffer): Wrong {
    const { bytes, lineLength, lines } = this.pattern
    let i = 0
    while (i < length && chunk[i] === bytes[this.at + i]) i++
    const position = this.at + i
    const where = `byte ${position % lineLength} of line ${Math.floor(position / lineLength) % lines}`
    return new Wrong(`${this.who}: ${where}: got ${chunk[i]}, expected ${bytes[position]}`)
  }
}
