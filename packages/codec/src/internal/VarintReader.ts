/**
 * Reading a varint.
 *
 * @since 0.1.0
 */
import type { Announced, LengthReader, Untrue } from "./LengthReader.ts"
import type { PrefixedSettings } from "./PrefixedDecoder.ts"
import { joinedBits, sum } from "./Whole.ts"

const lastByte = 9
// The low seven bytes hold as many bits as a number surely keeps, the others the rest.
const lowBytes = 7

/**
 * Reads lengths of the varint codec.
 *
 * @category models
 * @since 0.1.0
 */
export class VarintReader implements LengthReader {
  readonly fixedHeader = undefined
  readonly end = undefined
  readonly #maxAppliesTo: "frame" | "field"
  #low = 0
  #high = 0
  // What a bit of the next byte is worth; `128 ** place` would cost more than all the rest.
  #weight = 1

  constructor({ maxAppliesTo }: PrefixedSettings) {
    this.#maxAppliesTo = maxAppliesTo
  }

  read(bytes: Uint8Array, at: number, kept: number): Announced | Untrue | undefined {
    for (let index = at; index < bytes.length; index++) {
      const byte = bytes[index] ?? 0
      const place = kept + index - at
      // 64 bits are nine times seven and one: more than that one is either a larger number or an eleventh byte.
      if (place === lastByte && byte > 1) return untrue(byte)
      this.#add(byte % 128, place)
      if (byte < 128) return this.#announced(place + 1)
    }
    return undefined
  }

  #add(bits: number, place: number): void {
    if (place === 0) {
      this.#low = 0
      this.#high = 0
    }
    if (place === 0 || place === lowBytes) this.#weight = 1
    if (place < lowBytes) this.#low += bits * this.#weight
    else this.#high += bits * this.#weight
    this.#weight *= 128
  }

  #announced(header: number): Announced {
    const value = joinedBits(this.#high, this.#low, 7 * lowBytes)
    const total = sum(value, header)
    return { header, total, counted: this.#maxAppliesTo === "frame" ? total : value, strip: header }
  }
}

const untrue = (byte: number): Untrue => ({
  why: byte < 128 ? "has a varint above 64 bits" : "has a varint of more than 10 bytes",
  seen: lastByte + 1
})
