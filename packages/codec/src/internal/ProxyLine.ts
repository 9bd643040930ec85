/**
 * Version 1 of the PROXY protocol: a line of text.
 *
 * @since 0.1.0
 */
import type { ProxyAddress, ProxyHeader } from "../Proxy.ts"
import { badByte, ProxyFault } from "./ProxyFault.ts"
import type { ProxyInput, ProxyScan } from "./ProxyInput.ts"
import { DecimalText, Ipv4Text, ipv4Text, type TextField } from "./ProxyIpv4.ts"
import { Ipv6Text, ipv6Text } from "./ProxyIpv6.ts"

const CR = 13
const LF = 10
const space = 32

/** What a line begins with. */
export const word = "PROXY "

/** The longest line, CR LF included. */
export const longestLine = 107

const families = ["TCP4 ", "TCP6 ", "UNKNOWN ", "UNKNOWN\r"]

interface NamedField {
  readonly name: string
  readonly reason: "address" | "port"
  readonly allowed: string
  readonly text: TextField
}

/** The four fields behind the family, and the header that they make. */
interface Fields {
  readonly list: ReadonlyArray<NamedField>
  readonly header: () => ProxyHeader
}

const ipv4Allowed = "four numbers from 0 to 255 between dots, without leading zeros"
const ipv6Allowed = `eight groups of 1 to 4 hexadecimal digits between colons, "::" once for groups of zeros`
const portAllowed = "1 to 65535 in decimal, without leading zeros"

const fieldsOf = <Text extends Ipv4Text | Ipv6Text>(
  newText: () => Text,
  allowed: string,
  addressOf: (text: Text, port: number) => ProxyAddress
): Fields => {
  const [source, destination] = [newText(), newText()]
  const [sourcePort, destinationPort] = [new DecimalText(1, 65_535), new DecimalText(1, 65_535)]
  return {
    list: [
      { name: "source address", reason: "address", allowed, text: source },
      { name: "destination address", reason: "address", allowed, text: destination },
      { name: "source port", reason: "port", allowed: portAllowed, text: sourcePort },
      { name: "destination port", reason: "port", allowed: portAllowed, text: destinationPort }
    ],
    header: () => ({
      version: 1,
      command: "proxy",
      transport: "stream",
      source: addressOf(source, sourcePort.value),
      destination: addressOf(destination, destinationPort.value),
      tlvs: []
    })
  }
}

const ipv4Fields = (): Fields =>
  fieldsOf(
    () => new Ipv4Text(),
    ipv4Allowed,
    (text, port) => ({ _tag: "Inet", host: ipv4Text(text.bytes()), port })
  )

const ipv6Fields = (): Fields =>
  fieldsOf(
    () => new Ipv6Text(),
    ipv6Allowed,
    (text, port) => ({ _tag: "Inet6", host: ipv6Text(text.bytes()), port })
  )

const unknown: ProxyHeader = Object.freeze({
  version: 1,
  command: "proxy",
  transport: "unspecified",
  source: undefined,
  destination: undefined,
  tlvs: Object.freeze([])
})

/**
 * Reads a line, whose first byte has come. Each byte is judged as it comes.
 *
 * @category scanning
 * @source proxy-protocol.txt, section 2.1
 * @since 0.1.0
 */
export function* scanLine(input: ProxyInput, max: number): ProxyScan {
  const limit = Math.min(longestLine, max)
  const line = new Line()
  for (let at = 0; ; at++) {
    yield at + 1
    const byte = input.byte(at)
    // What the last two bytes may be is known before they come.
    if (at >= limit - 2 && byte !== CR && !line.endsInLf) return tooLong(limit)
    const found = line.take(byte, at)
    if (found !== undefined) return found
  }
}

const tooLong = (limit: number): ProxyFault =>
  limit === longestLine
    ? new ProxyFault("length", `no CR LF ends the line within ${longestLine} bytes`)
    : new ProxyFault("length", `the line has more than ${limit} bytes, allowed are ${limit}`, {
        limit,
        size: limit + 1
      })

class Line {
  #family = ""
  #fields: Fields | undefined = undefined
  #field = 0
  /** What came of the field in progress: it stands in the message when a byte cannot follow it. */
  #text = ""
  /** The CR was there. */
  endsInLf = false

  take(byte: number, at: number): ProxyHeader | ProxyFault | undefined {
    if (this.endsInLf) return this.#end(byte, at)
    if (at < word.length) return byte === word.charCodeAt(at) ? undefined : noWord(byte, at)
    if (this.#fields !== undefined) return this.#takeOfField(this.#fields, byte, at)
    return families.includes(this.#family) ? this.#takeIgnored(byte, at) : this.#takeOfFamily(byte, at)
  }

  #end(byte: number, at: number): ProxyHeader | ProxyFault {
    if (byte !== LF) return badByte("line", at, byte, "0x0a (LF) behind a CR")
    return this.#fields === undefined ? unknown : this.#fields.header()
  }

  #takeOfFamily(byte: number, at: number): ProxyFault | undefined {
    this.#family += String.fromCharCode(byte)
    if (!families.some((family) => family.startsWith(this.#family))) {
      return badByte("family", at, byte, "TCP4, TCP6 or UNKNOWN, and what has to follow it")
    }
    if (this.#family === "TCP4 ") this.#fields = ipv4Fields()
    if (this.#family === "TCP6 ") this.#fields = ipv6Fields()
    this.endsInLf = byte === CR
    return undefined
  }

  #takeOfField({ list }: Fields, byte: number, at: number): ProxyFault | undefined {
    const field = list[this.#field]
    const isLast = this.#field === list.length - 1
    if (field === undefined) return undefined
    if (byte === (isLast ? CR : space) && field.text.whole) {
      this.#field++
      this.#text = ""
      this.endsInLf = isLast
      return undefined
    }
    if (!field.text.add(byte)) return this.#badInField(field, isLast, byte, at)
    this.#text += String.fromCharCode(byte)
    return undefined
  }

  #badInField({ allowed, name, reason, text }: NamedField, isLast: boolean, byte: number, at: number): ProxyFault {
    const seen = this.#text === "" ? "at its beginning" : `behind ${JSON.stringify(this.#text)}`
    const separator = text.whole ? `, and then ${isLast ? "CR LF" : "one space"}` : ""
    const isLineEnd = byte === CR || byte === LF
    return badByte(isLineEnd ? "line" : reason, at, byte, `${allowed}${separator}; this is the ${name}, ${seen}`)
  }

  // A CR or an LF alone never ends a line, and a line that goes on behind one would hide what another reader takes for its end.
  #takeIgnored(byte: number, at: number): ProxyFault | undefined {
    if (byte === LF) return badByte("line", at, byte, "any byte but an LF without its CR")
    this.endsInLf = byte === CR
    return undefined
  }
}

const noWord = (byte: number, at: number): ProxyFault =>
  badByte("signature", at, byte, `the rest of ${JSON.stringify(word)}, with which a line begins`)
