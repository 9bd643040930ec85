/**
 * What the kernel does not take yet, while a peer reads slowly; made when a write is not taken at once, gone when all is.
 *
 * The socket gets one piece at a time. Node reports only whole writes, and it joins everything that waits in its own queue into
 * one: a peer that takes eight mebibytes slowly would look stalled until the last byte, and its room would never be seen.
 */

/** The size of one write, and so the resolution in which progress is seen. */
export const pieceBytes = 65_536

export class Backlog {
  private chunks: Array<Uint8Array> = []
  private offset = 0
  /** Bytes that the socket was not given yet. */
  bytes = 0
  /** For Node: everything given so far was handed to the kernel. */
  readonly onTaken: (error: Error | null | undefined) => void

  constructor(onTaken: () => void) {
    this.onTaken = (error) => {
      // Failures are reported by the socket's `error` event.
      if (error === null || error === undefined) onTaken()
    }
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.chunks.push(chunk)
    this.bytes += chunk.length
  }

  /** The next piece; small chunks that follow one another are joined. */
  next(): Uint8Array | undefined {
    const first = this.chunks[0]
    if (first === undefined) return undefined
    const rest = first.length - this.offset
    if (rest > pieceBytes) return this.cut(first)
    const piece = this.offset === 0 ? first : first.subarray(this.offset)
    const pieces = [piece]
    let joined = rest
    let count = 1
    for (
      let chunk = this.chunks[count];
      chunk !== undefined && joined + chunk.length <= pieceBytes;
      chunk = this.chunks[count]
    ) {
      pieces.push(chunk)
      joined += chunk.length
      count++
    }
    this.chunks.splice(0, count)
    this.offset = 0
    this.bytes -= joined
    return count === 1 ? piece : Buffer.concat(pieces, joined)
  }

  private cut(chunk: Uint8Array): Uint8Array {
    const piece = chunk.subarray(this.offset, this.offset + pieceBytes)
    this.offset += pieceBytes
    this.bytes -= pieceBytes
    return piece
  }
}
