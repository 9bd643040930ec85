/**
 * IPv6 addresses as text and as bytes.
 *
 * @since 0.1.0
 */
import { Ipv4Text, ipv4Text, reads, type TextField } from "./ProxyIpv4.ts"

const colon = 58
const dot = 46

const hexDigit = (byte: number): number => {
  if (byte >= 48 && byte <= 57) return byte - 48
  // Upper and lower case differ in this bit alone.
  const letter = byte | 0x20
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/**
 * Reads an address: groups of hexadecimal digits between colons, one `::` for one or more groups of zeros, and the last two groups
 * as an IPv4 address if the sender likes.
 *
 * @category models
 * @source RFC 4291, section 2.2
 * @since 0.1.0
 */
export class Ipv6Text implements TextField {
  /** The groups that have ended. */
  readonly #groups: Array<number> = []
  /** The group in progress. */
  #digits: Array<number> = []
  /** How many groups stand before the `::`; -1: there is none so far. */
  #gap = -1
  /** How many colons stand directly before the next byte. */
  #colons = 0
  #ipv4: Ipv4Text | undefined = undefined

  get whole(): boolean {
    if (this.#ipv4 !== undefined) return this.#ipv4.whole
    if (this.#gap === -1) return this.#groups.length === 7 && this.#digits.length > 0
    return this.#digits.length > 0 || this.#colons === 2
  }

  // A `::` stands for one group at least, so seven others are all that can be written besides.
  get #room(): number {
    return (this.#gap === -1 ? 8 : 7) - this.#groups.length
  }

  add(byte: number): boolean {
    if (this.#ipv4 !== undefined) return this.#ipv4.add(byte)
    if (byte === colon) return this.#digits.length > 0 ? this.#endGroup() : this.#addColon()
    return byte === dot ? this.#beginIpv4() : this.#addDigit(byte)
  }

  bytes(): ReadonlyArray<number> {
    const groups = [...this.#groups]
    if (this.#ipv4 !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = this.#ipv4.bytes()
      groups.push(a * 256 + b, c * 256 + d)
    } else if (this.#digits.length > 0) {
      groups.push(this.#value())
    }
    if (this.#gap !== -1) groups.splice(this.#gap, 0, ...Array<number>(8 - groups.length).fill(0))
    return groups.flatMap((group) => [group >> 8, group & 0xff])
  }

  #value(): number {
    return this.#digits.reduce((value, digit) => value * 16 + hexDigit(digit), 0)
  }

  #addDigit(byte: number): boolean {
    if (hexDigit(byte) === -1 || this.#digits.length === 4 || this.#room === 0) return false
    // Behind the first of all bytes, a colon, only a second one can follow.
    if (this.#colons === 1 && this.#groups.length === 0 && this.#gap === -1) return false
    this.#digits.push(byte)
    this.#colons = 0
    return true
  }

  #endGroup(): boolean {
    // This group took the last room there was: nothing could stand behind the colon.
    if (this.#room === 1) return false
    this.#groups.push(this.#value())
    this.#digits = []
    this.#colons = 1
    return true
  }

  #addColon(): boolean {
    const isFirst = this.#colons === 0
    if (!isFirst && (this.#colons === 2 || this.#gap !== -1)) return false
    if (!isFirst) this.#gap = this.#groups.length
    this.#colons++
    return true
  }

  #beginIpv4(): boolean {
    if (this.#gap === -1 ? this.#room !== 2 : this.#room < 2) return false
    const ipv4 = new Ipv4Text()
    if (![...this.#digits, dot].every((byte) => ipv4.add(byte))) return false
    this.#ipv4 = ipv4
    return true
  }
}

/** The sixteen bytes of an address; `undefined`: the text is none. */
export const ipv6Bytes = (text: string): ReadonlyArray<number> | undefined => {
  const field = new Ipv6Text()
  return reads(field, text) ? field.bytes() : undefined
}

const groupsOf = (bytes: ArrayLike<number>): ReadonlyArray<number> =>
  Array.from({ length: 8 }, (_, index) => (bytes[index * 2] ?? 0) * 256 + (bytes[index * 2 + 1] ?? 0))

/** Where the longest run of two zeros or more begins, the first of several, and its length. */
const longestZeros = (groups: ReadonlyArray<number>): { readonly start: number; readonly length: number } => {
  let longest = { start: -1, length: 1 }
  let start = 0
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start }
  }
  return longest
}

const hexText = (groups: ReadonlyArray<number>): string => groups.map((group) => group.toString(16)).join(":")

/**
 * Sixteen bytes as text, in hexadecimal groups throughout.
 *
 * @category formatting
 * @source RFC 5952, section 4
 * @since 0.1.0
 */
export const ipv6HexText = (bytes: ArrayLike<number>): string => {
  const groups = groupsOf(bytes)
  const { start, length } = longestZeros(groups)
  return start === -1 ? hexText(groups) : `${hexText(groups.slice(0, start))}::${hexText(groups.slice(start + length))}`
}

/**
 * Sixteen bytes as text: the canonical one.
 *
 * @category formatting
 * @source RFC 5952, sections 4 and 5: an address that is an IPv4 one inside is shown as such
 * @since 0.1.0
 */
export const ipv6Text = (bytes: ArrayLike<number>): string => {
  const isMapped = groupsOf(bytes).every((group, index) => index > 5 || group === (index === 5 ? 0xffff : 0))
  return isMapped ? `::ffff:${ipv4Text(Array.from(bytes).slice(12))}` : ipv6HexText(bytes)
}
