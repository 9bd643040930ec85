/**
 * The type-length-value fields of version 2 headers.
 *
 * @since 0.1.0
 */
import { ProxyFault } from "./ProxyFault.ts"
import { bytes } from "./Words.ts"

/**
 * The types that the PROXY protocol names, those inside of an `ssl` value included.
 *
 * **Shapes**
 *
 * - `crc32c` and `noop` are the codec's own: they are written as its options say, and never among the `tlvs` of a header.
 * - Types from `0xe0` to `0xef` are free for applications.
 *
 * @category constants
 * @source proxy-protocol.txt, section 2.2
 * @since 0.1.0
 */
export const tlvType = {
  alpn: 0x01,
  authority: 0x02,
  crc32c: 0x03,
  noop: 0x04,
  uniqueId: 0x05,
  ssl: 0x20,
  sslVersion: 0x21,
  sslCommonName: 0x22,
  sslCipher: 0x23,
  sslSignatureAlgorithm: 0x24,
  sslKeyAlgorithm: 0x25,
  netns: 0x30
} as const

/** Type and length. */
export const tlvHeaderBytes = 3

/** The size of a checksum's value. */
export const checksumBytes = 4

const longestUniqueId = 128

/** What is wrong with the size of a value; `at` is where its TLV begins, `room` what the header has left for it. */
export const tlvSizeFault = (type: number, size: number, at: number, room: number): ProxyFault | undefined => {
  const named = `the TLV of type 0x${type.toString(16).padStart(2, "0")} at byte ${at} has a value of ${bytes(size)}`
  if (size > room) return new ProxyFault("tlv", `${named}, allowed are the ${room} that the header has left`)
  if (type === tlvType.crc32c && size !== checksumBytes) {
    return new ProxyFault("tlv", `${named}, allowed for a checksum: ${checksumBytes}`)
  }
  if (type === tlvType.uniqueId && size > longestUniqueId) {
    return new ProxyFault("tlv", `${named}, allowed for a unique id: ${longestUniqueId} or fewer`)
  }
  return undefined
}

/** Appends one TLV. */
export const pushTlv = (
  bytes: Array<number>,
  type: number,
  value: Iterable<number> & { readonly length: number }
): void => {
  bytes.push(type, value.length >> 8, value.length & 0xff)
  for (const byte of value) bytes.push(byte)
}
