/**
 * The bytes of a header while they come in, and the form of what reads them.
 *
 * @since 0.1.0
 */
import type { ProxyHeader } from "../Proxy.ts"
import { viewOf } from "./ByteView.ts"
import type { ProxyFault } from "./ProxyFault.ts"

const firstRoom = 128

/**
 * Reads a header in straight lines, whatever the chunks are: it yields how many bytes it has to have before it goes on, which are
 * never more than the header has, and returns what it found.
 *
 * @category models
 * @since 0.1.0
 */
export type ProxyScan = Generator<number, ProxyHeader | ProxyFault, void>

/**
 * Runs a scan over chunks, and holds the header's bytes for it.
 *
 * **Shapes**
 *
 * - Room is made for bytes that have come, never for bytes that were announced: less than twice as much, and 128 bytes.
 *
 * @category models
 * @since 0.1.0
 */
export class ProxyInput {
  #bytes = new Uint8Array(firstRoom)
  #length = 0
  #until = 0
  #scan: ProxyScan
  /** What the scan found; `undefined`: it goes on. */
  outcome: ProxyHeader | ProxyFault | undefined = undefined
  /** How many bytes the header has, once that is known. */
  total: number | undefined = undefined

  constructor(scan: (input: ProxyInput) => ProxyScan) {
    this.#scan = scan(this)
  }

  get length(): number {
    return this.#length
  }

  /** The byte at an offset that was reached. */
  byte(at: number): number {
    return this.#bytes[at] ?? 0
  }

  /** Two bytes as a number, the most significant one first. */
  uint16(at: number): number {
    return this.byte(at) * 256 + this.byte(at + 1)
  }

  /** A look at some of the bytes, good until more are read. */
  view(start: number, end: number): Uint8Array {
    return viewOf(this.#bytes, start, end)
  }

  /** Reads on in `chunk` from `from`, up to the byte that decides; returns where it stopped. */
  read(chunk: Uint8Array, from: number): number {
    let at = from
    while (this.outcome === undefined) {
      const end = Math.min(chunk.length, at + this.#until - this.#length)
      this.#append(chunk, at, end)
      at = end
      if (this.#length < this.#until) break
      const { done, value } = this.#scan.next()
      if (done === true) this.outcome = value
      else this.#until = value
    }
    return at
  }

  #append(chunk: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(length * 2)
      larger.set(this.view(0, this.#length))
      this.#bytes = larger
    }
    // Mostly a byte or three: a loop is faster than the view that `set` needs.
    for (let from = start, to = this.#length; from < end; from++, to++) this.#bytes[to] = chunk[from] ?? 0
    this.#length = length
  }
}
