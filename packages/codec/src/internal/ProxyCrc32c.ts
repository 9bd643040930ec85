/**
 * The checksum of version 2 headers.
 *
 * @since 0.1.0
 */

// Castagnoli's polynomial, bits reversed.
const polynomial = 0x82f63b78

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
  return value
})

/**
 * The CRC32C of some bytes.
 *
 * @category checksums
 * @source RFC 4960, appendix B
 * @since 0.1.0
 */
export const crc32c = (bytes: Iterable<number>): number => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** The CRC32C of some bytes as if the four at `field` were zero, which is where the checksum itself stands. */
export const crc32cWithout = (bytes: Uint8Array, field: number): number => {
  const zeroed = new Uint8Array(bytes)
  zeroed.fill(0, field, field + 4)
  return crc32c(zeroed)
}
