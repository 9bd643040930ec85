/**
 * Unix domain socket addresses: 108 bytes each.
 *
 * @since 0.1.0
 */
import { decodeUtf8, encodeUtf8 } from "./Utf8.ts"

/** The size of an address. */
export const unixBytes = 108

/**
 * The path in an address; `undefined`: it is not UTF-8.
 *
 * **Shapes**
 *
 * - A path ends before its first NUL. A name in the abstract namespace begins with one and ends before the NULs that fill the rest:
 *   its length is not sent.
 *
 * @category decoding
 * @source unix(7); proxy-protocol.txt, section 2.2
 * @since 0.1.0
 */
export const unixPath = (address: Uint8Array): string | undefined => {
  let end = address[0] === 0 ? address.length : address.indexOf(0)
  if (end === -1) end = address.length
  while (end > 0 && address[end - 1] === 0) end--
  return decodeUtf8(address.subarray(0, end))
}

/** The address of a path; `undefined`: none that would be read as the same path. */
export const unixAddress = (path: string): Uint8Array | undefined => {
  const bytes = encodeUtf8(path)
  if (bytes.length > unixBytes) return undefined
  const address = new Uint8Array(unixBytes)
  address.set(bytes)
  // What cannot be read back: half of a surrogate pair, and NULs that end a path or fill one up.
  return unixPath(address) === path ? address : undefined
}
