/**
 * Skipping what cannot belong to a delimiter.
 *
 * @since 0.1.0
 */
import type { IndexOfByte } from "./ByteSearch.ts"

const none = -1
// Measured with frames of 1 KiB (Node 24): searching for two bytes takes 0.13 ns a byte, for one 0.11, reading every byte 1.8.
const mostSearches = 4
// A call into native code costs as much as reading 30 bytes; short frames, and candidates that come to nothing, are mostly near.
const readAtFirst = 8

/**
 * Bytes to look for, so that a delimiter can only end where one of them stands, or `reach` bytes behind the place where one begins.
 *
 * **Shapes**
 *
 * - `bytes`: every delimiter has one of them, at the index `reach` or before.
 */
export interface Marks {
  readonly bytes: ReadonlyArray<number>
  readonly reach: number
  /** 1 for each of the bytes, 0 for all others. */
  readonly isOne: Uint8Array
}

/** One byte that all have in common, the earliest; else what they begin with. */
export const marksOf = (delimiters: ReadonlyArray<Uint8Array>): Marks => {
  const [first = []] = delimiters
  const common = [...new Set(first)].map((byte) => ({ byte, reach: latestPlace(delimiters, byte) }))
  const [best] = common.filter(({ reach }) => reach !== none).sort((one, other) => one.reach - other.reach)
  if (best !== undefined) return marks([best.byte], best.reach)
  return marks([...new Set(delimiters.flatMap(([byte]) => byte ?? []))], 0)
}

const marks = (bytes: ReadonlyArray<number>, reach: number): Marks => {
  const isOne = new Uint8Array(256)
  for (const byte of bytes) isOne[byte] = 1
  return { bytes, reach, isOne }
}

// Where the byte stands first in the delimiter that has it last; -1: one has none.
const latestPlace = (delimiters: ReadonlyArray<Uint8Array>, byte: number): number => {
  const places = delimiters.map((delimiter) => delimiter.indexOf(byte))
  return places.includes(none) ? none : places.reduce((latest, place) => Math.max(latest, place), 0)
}

/**
 * Finds the next byte of a chunk that may belong to a delimiter.
 *
 * **Shapes**
 *
 * - `next(chunk, from)` gives its index, the chunk's length where there is none. A delimiter that ends there or later, and of which
 *   nothing was read before `from`, begins at most `reach` bytes before it.
 * - It remembers what it has found further on, until `forget()`: a chunk is to be read to its end before another one.
 *
 * @category models
 * @since 0.1.0
 */
export class DelimiterCandidates {
  readonly reach: number
  readonly #bytes: ReadonlyArray<number>
  readonly #found: Array<number>
  readonly #isOne: Uint8Array
  readonly #indexOf: IndexOfByte
  #hasFound = false

  constructor({ bytes, isOne, reach }: Marks, indexOf: IndexOfByte) {
    this.reach = reach
    this.#bytes = bytes
    this.#found = bytes.map(() => none)
    this.#isOne = isOne
    this.#indexOf = indexOf
  }

  next(chunk: Uint8Array, from: number): number {
    const { length } = chunk
    const readUntil = this.#bytes.length > mostSearches ? length : Math.min(length, from + readAtFirst)
    const near = this.#readOn(chunk, from, readUntil)
    return near < readUntil || near === length ? near : this.#searchAll(chunk, near)
  }

  forget(): void {
    if (!this.#hasFound) return
    this.#hasFound = false
    this.#found.fill(none)
  }

  #readOn(chunk: Uint8Array, from: number, until: number): number {
    const isOne = this.#isOne
    let at = from
    while (at < until && isOne[chunk[at] ?? 0] === 0) at++
    return at
  }

  #searchAll(chunk: Uint8Array, from: number): number {
    const bytes = this.#bytes
    const found = this.#found
    this.#hasFound = true
    let nearest = chunk.length
    for (let index = 0; index < bytes.length; index++) {
      if ((found[index] ?? none) < from) {
        const at = this.#indexOf(chunk, bytes[index] ?? 0, from)
        found[index] = at === none ? chunk.length : at
      }
      nearest = Math.min(nearest, found[index] ?? nearest)
    }
    return nearest
  }
}
