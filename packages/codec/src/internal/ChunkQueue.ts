/**
 * Chunks that wait to be read.
 *
 * @since 0.1.0
 */

const noBytes = new Uint8Array(0)
const dropFrom = 32

/**
 * Chunks in the order in which they came.
 *
 * **Shapes**
 *
 * - `take` gives the first, and `undefined` where there is none; a chunk that was taken is not held.
 * - `first(count)` lists the chunks in which the first `count` bytes are, and no others.
 *
 * @category models
 * @since 0.1.0
 */
export class ChunkQueue {
  #chunks: Array<Uint8Array> = []
  #taken = 0
  #bytes = 0

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  // Not `shift`: in an array of 50,000 it moves all that are left, 60 µs for each (Node 24).
  take(): Uint8Array | undefined {
    const chunk = this.#chunks[this.#taken]
    if (chunk === undefined) return undefined
    this.#chunks[this.#taken++] = noBytes
    this.#bytes -= chunk.length
    if (this.#taken >= dropFrom && this.#taken * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#taken)
      this.#taken = 0
    }
    return chunk
  }

  first(count: number): Array<Uint8Array> {
    let end = this.#taken
    for (let bytes = 0; bytes < count && end < this.#chunks.length; end++) bytes += this.#chunks[end]?.length ?? 0
    return this.#chunks.slice(this.#taken, end)
  }
}
