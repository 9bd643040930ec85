/**
 * What clients write and expect back: lines that all differ, over and over again, so that bytes which are lost, changed, swapped or
 * another connection's are noticed.
 */

/** No read of a client is larger. */
export const maxRead = 65_536

const maxPrepared = 65_536

export class Pattern {
  readonly lineLength: number
  readonly lines: number
  /** After so many bytes it begins again. */
  readonly period: number
  /** More than a period: a read or a write that begins anywhere within one finds its bytes in one piece. */
  readonly bytes: Buffer
  private readonly depth: number
  private readonly prepared: Array<Buffer | undefined>

  /** `depth` lines are written at once, at most. */
  constructor(lineLength: number, depth: number) {
    this.lineLength = lineLength
    this.depth = depth
    // More lines than can be under way: one that is missing cannot be taken for one of the next period.
    this.lines = Math.max(2 * depth, Math.ceil(4096 / lineLength))
    this.period = this.lines * lineLength
    this.bytes = repeated(differentLines(lineLength, this.lines), this.period + Math.max(maxRead, depth * lineLength))
    this.prepared = new Array(this.lines * depth <= maxPrepared ? this.lines * depth : 0)
  }

  /** So many lines from this one on. */
  take(line: number, count: number): Buffer {
    const index = line * this.depth + count - 1
    if (index >= this.prepared.length) return this.cut(line, count)
    return (this.prepared[index] ??= this.cut(line, count))
  }

  private cut(line: number, count: number): Buffer {
    return this.bytes.subarray(line * this.lineLength, (line + count) * this.lineLength)
  }
}

const differentLines = (length: number, count: number): Buffer => {
  const bytes = Buffer.alloc(length * count)
  let state = 1
  for (let i = 0; i < bytes.length; i++) {
    // Numerical Recipes' linear congruential generator; its upper bits are the random ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = i % length === length - 1 ? 10 : 97 + ((state >>> 16) % 26)
  }
  return bytes
}

const repeated = (once: Buffer, length: number): Buffer => Buffer.alloc(length, once)
