/**
 * Whole numbers that stay exact, as wide as the widest length field.
 *
 * @since 0.1.0
 */

/**
 * A whole number: a `number` where it is a safe integer, else a `bigint`. The two compare exactly with each other.
 *
 * @category models
 * @since 0.1.0
 */
export type Whole = number | bigint

export type Endian = "big" | "little"

const largestSafe = BigInt(Number.MAX_SAFE_INTEGER)
// As many bytes as arithmetic with numbers surely keeps.
const lowBytes = 6
const highWeight = 2n ** 48n

const wholeOf = (exact: bigint): Whole => (exact <= largestSafe && exact >= -largestSafe ? Number(exact) : exact)

/** Adds two whole numbers. */
export const sum = (one: Whole, other: Whole): Whole => {
  if (typeof one === "number" && typeof other === "number") {
    const total = one + other
    // Rounding never makes a safe integer of a sum that is none.
    if (Number.isSafeInteger(total)) return total
  }
  return wholeOf(BigInt(one) + BigInt(other))
}

/** The lesser of two. */
export const lesser = (one: Whole, other: Whole): Whole => (other < one ? other : one)

/** The largest unsigned number of some bytes. */
export const largestOf = (size: number): Whole => wholeOf(2n ** BigInt(8 * size) - 1n)

/** `high * 2 ** bits + low`, where the low part has as many bits, 53 at most. */
export const joinedBits = (high: number, low: number, bits: number): Whole =>
  high < 2 ** (53 - bits) ? high * 2 ** bits + low : BigInt(high) * 2n ** BigInt(bits) + BigInt(low)

/** Reads `size` bytes from `at` on as one unsigned number; 8 at most. */
export const readUnsigned = (bytes: Uint8Array, at: number, size: number, endian: Endian): Whole => {
  let high = 0
  let low = 0
  for (let left = size; left > 0; left--) {
    const byte = bytes[endian === "big" ? at + size - left : at + left - 1] ?? 0
    if (left > lowBytes) high = high * 256 + byte
    else low = low * 256 + byte
  }
  return high === 0 ? low : joinedBits(high, low, 8 * lowBytes)
}

/** Writes an unsigned number as `size` bytes from `at` on; those behind the end of `target` are left out. */
export const writeUnsigned = (target: Uint8Array, at: number, size: number, endian: Endian, value: Whole): void => {
  let low = typeof value === "number" ? value : Number(value % highWeight)
  for (let index = 0; index < size; index++) {
    if (index === lowBytes && typeof value === "bigint") low = Number(value / highWeight)
    const byte = low % 256
    low = (low - byte) / 256
    target[endian === "big" ? at + size - 1 - index : at + index] = byte
  }
}
