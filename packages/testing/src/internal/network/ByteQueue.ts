/**
 * Bytes in order, put in as chunks of any size and taken out as chunks of any other.
 *
 * @since 0.1.0
 */

/**
 * A first-in, first-out buffer of bytes.
 *
 * **Shapes**
 *
 * - `take(n)` gives one chunk of at most `n` bytes, fewer only if fewer are there. It may be a view of a chunk that was put in,
 *   but no byte is ever given out twice.
 *
 * @category models
 * @since 0.1.0
 */
export class ByteQueue {
  private readonly chunks: Array<Uint8Array> = []
  private taken = 0
  /** Bytes held. */
  bytes = 0

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.chunks.push(chunk)
    this.bytes += chunk.length
  }

  take(maxBytes: number): Uint8Array {
    const size = Math.min(maxBytes, this.bytes)
    const first = this.chunks[0]
    if (first === undefined || size === 0) return new Uint8Array(0)
    if (first.length - this.taken >= size) return this.takeFirst(first, size)
    const joined = new Uint8Array(size)
    for (let filled = 0; filled < size; ) {
      const next = this.chunks[0]
      if (next === undefined) break
      const part = this.takeFirst(next, Math.min(next.length - this.taken, size - filled))
      joined.set(part, filled)
      filled += part.length
    }
    return joined
  }

  /** Drops everything and says how many bytes that were. */
  clear(): number {
    const dropped = this.bytes
    this.chunks.length = 0
    this.taken = 0
    this.bytes = 0
    return dropped
  }

  private takeFirst(first: Uint8Array, size: number): Uint8Array {
    const part = first.subarray(this.taken, this.taken + size)
    this.taken += size
    this.bytes -= size
    if (this.taken === first.length) {
      this.chunks.shift()
      this.taken = 0
    }
    return part
  }
}

/**
 * A copy that shares no memory with `bytes`, also where a subclass overrides `slice` to return a view.
 *
 * @category constructors
 * @since 0.1.0
 */
export const copyOf = (bytes: Uint8Array): Uint8Array => {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}
