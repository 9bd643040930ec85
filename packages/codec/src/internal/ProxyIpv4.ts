/**
 * IPv4 addresses as text and as bytes.
 *
 * @since 0.1.0
 */

/**
 * A piece of text that is read byte by byte and fails at the first byte behind which nothing could make it right.
 *
 * @category models
 * @since 0.1.0
 */
export interface TextField {
  /** Takes the next byte; `false`: it cannot stand here. */
  readonly add: (byte: number) => boolean
  /** Whether the text may end here. */
  readonly whole: boolean
}

const zero = 48
const nine = 57
const dot = 46

/** Reads a number in decimal digits, without a sign and without leading zeros; the lowest is 0 or 1. */
export class DecimalText implements TextField {
  readonly #lowest: 0 | 1
  readonly #highest: number
  value = -1

  constructor(lowest: 0 | 1, highest: number) {
    this.#lowest = lowest
    this.#highest = highest
  }

  get whole(): boolean {
    return this.value >= 0
  }

  add(byte: number): boolean {
    if (byte < zero || byte > nine || this.value === 0) return false
    const value = Math.max(0, this.value) * 10 + byte - zero
    if (value < this.#lowest || value > this.#highest) return false
    this.value = value
    return true
  }
}

/** Reads an address as four numbers between dots; leading zeros would be octal to some, so there are none. */
export class Ipv4Text implements TextField {
  readonly #octets: Array<number> = []
  #octet = new DecimalText(0, 255)

  get whole(): boolean {
    return this.#octets.length === 3 && this.#octet.whole
  }

  add(byte: number): boolean {
    if (byte !== dot) return this.#octet.add(byte)
    if (!this.#octet.whole || this.#octets.length === 3) return false
    this.#octets.push(this.#octet.value)
    this.#octet = new DecimalText(0, 255)
    return true
  }

  bytes(): ReadonlyArray<number> {
    return [...this.#octets, this.#octet.value]
  }
}

/** Whether all of a text can be read by a field. */
export const reads = (field: TextField, text: string): boolean => {
  for (let index = 0; index < text.length; index++) {
    if (!field.add(text.charCodeAt(index))) return false
  }
  return field.whole
}

/** The four bytes of an address; `undefined`: the text is none. */
export const ipv4Bytes = (text: string): ReadonlyArray<number> | undefined => {
  const field = new Ipv4Text()
  return reads(field, text) ? field.bytes() : undefined
}

/** Four bytes as text. */
export const ipv4Text = (bytes: ArrayLike<number>): string => Array.from(bytes).join(".")
