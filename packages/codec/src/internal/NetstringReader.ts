/**
 * Reading the length of a netstring.
 *
 * @since 0.1.0
 */
import type { Announced, LengthReader, Untrue } from "./LengthReader.ts"
import { sum } from "./Whole.ts"
import { hexOf } from "./Words.ts"

const ZERO = 48
const COLON = 58
const COMMA = 44

/**
 * Reads lengths of the netstring codec.
 *
 * @category models
 * @since 0.1.0
 */
export class NetstringReader implements LengthReader {
  readonly fixedHeader = undefined
  readonly end = COMMA
  #length = 0

  read(bytes: Uint8Array, at: number, kept: number): Announced | Untrue | undefined {
    for (let index = at; index < bytes.length; index++) {
      const byte = bytes[index] ?? 0
      const place = kept + index - at
      if (byte === COLON && place > 0) return this.#announced(place + 1)
      const why = this.#add(byte, place)
      if (why !== undefined) return { why, seen: place + 1 }
    }
    return undefined
  }

  // Adds a digit, or says what is wrong with it.
  #add(byte: number, place: number): string | undefined {
    const digit = byte - ZERO
    if (digit < 0 || digit > 9) {
      return `has ${hexOf(byte)} as byte ${place} of its length, allowed are digits and a colon after them`
    }
    if (place > 0 && this.#length === 0) return "has a length that begins with 0, allowed is that of 0 alone"
    this.#length = place === 0 ? digit : this.#length * 10 + digit
    return Number.isSafeInteger(this.#length)
      ? undefined
      : `has a length of ${place + 1} digits, allowed are lengths up to ${Number.MAX_SAFE_INTEGER}`
  }

  #announced(header: number): Announced {
    return { header, total: sum(this.#length, header + 1), counted: this.#length, strip: header }
  }
}
