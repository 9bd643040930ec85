/**
 * Version 2 of the PROXY protocol: bytes.
 *
 * @since 0.1.0
 */
import type { ProxyAddress, ProxyHeader, ProxyTlv } from "../Proxy.ts"
import { crc32cWithout } from "./ProxyCrc32c.ts"
import { badByte, named, ProxyFault } from "./ProxyFault.ts"
import type { ProxyInput, ProxyScan } from "./ProxyInput.ts"
import { ipv4Text } from "./ProxyIpv4.ts"
import { ipv6Text } from "./ProxyIpv6.ts"
import type { ProxySettings } from "./ProxySettings.ts"
import { checksumBytes, tlvHeaderBytes, tlvSizeFault, tlvType } from "./ProxyTlvs.ts"
import { unixBytes, unixPath } from "./ProxyUnix.ts"
import { bytes } from "./Words.ts"

/** What a header begins with. */
export const signature: ReadonlyArray<number> = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

/** The bytes in front of the addresses: signature, version and command, family and transport, length. */
export const fixedBytes = 16

/** The longest header that the two bytes of the length can announce. */
export const longestBinary = fixedBytes + 65_535

const commands = ["local", "proxy"] as const
const transports = ["unspecified", "stream", "datagram"] as const

/** How the addresses of a family are laid out: both hosts, then both ports. */
interface Family {
  readonly hostBytes: number
  readonly portBytes: 0 | 2
  readonly addressOf: (host: Uint8Array, port: number) => ProxyAddress | undefined
}

const families: ReadonlyArray<Family> = [
  { hostBytes: 0, portBytes: 0, addressOf: () => undefined },
  { hostBytes: 4, portBytes: 2, addressOf: (host, port) => ({ _tag: "Inet", host: ipv4Text(host), port }) },
  { hostBytes: 16, portBytes: 2, addressOf: (host, port) => ({ _tag: "Inet6", host: ipv6Text(host), port }) },
  {
    hostBytes: unixBytes,
    portBytes: 0,
    addressOf: (host) => {
      const path = unixPath(host)
      return path === undefined ? undefined : { _tag: "Unix", path }
    }
  }
]

/**
 * Reads a header, whose first byte has come. Every field is judged when its last byte is there.
 *
 * @category scanning
 * @source proxy-protocol.txt, section 2.2
 * @since 0.1.0
 */
export function* scanBinary(input: ProxyInput, settings: ProxySettings, max: number): ProxyScan {
  for (const [at, expected] of signature.entries()) {
    yield at + 1
    if (input.byte(at) !== expected) {
      return badByte("signature", at, input.byte(at), `${named(expected)}, as in the signature of version 2`)
    }
  }
  yield 13
  const command = commandOf(input.byte(12))
  if (command instanceof ProxyFault) return command
  yield 14
  // A connection of the proxy's own: even the family of its header counts for nothing.
  const family = command === "local" ? undefined : familyOf(input.byte(13))
  if (family instanceof ProxyFault) return family
  yield fixedBytes
  const end = fixedBytes + input.uint16(14)
  if (end > max) {
    return new ProxyFault("length", `it announces ${end} bytes, allowed are ${max}`, { limit: max, size: end })
  }
  input.total = end
  if (family === undefined) {
    yield end
    return local
  }
  return yield* scanProxied(input, settings, family, end)
}

const local: ProxyHeader = Object.freeze({
  version: 2,
  command: "local",
  transport: "unspecified",
  source: undefined,
  destination: undefined,
  tlvs: Object.freeze([])
})

const commandOf = (byte: number): "local" | "proxy" | ProxyFault => {
  if (byte >> 4 !== 2) return badByte("version", 12, byte, "2 in the upper four bits, the version")
  return commands[byte & 15] ?? badByte("command", 12, byte, "0 (LOCAL) or 1 (PROXY) in the lower four bits")
}

interface FamilyAndTransport {
  readonly family: Family
  readonly transport: ProxyHeader["transport"]
}

const familyOf = (byte: number): FamilyAndTransport | ProxyFault => {
  const family = families[byte >> 4]
  const transport = transports[byte & 15]
  if (family !== undefined && transport !== undefined) return { family, transport }
  const upper = "0 (unspecified), 1 (IPv4), 2 (IPv6) or 3 (Unix) in the upper four bits"
  return badByte("family", 13, byte, `${upper}, 0 (unspecified), 1 (stream) or 2 (datagram) in the lower`)
}

function* scanProxied(
  input: ProxyInput,
  settings: ProxySettings,
  { family, transport }: FamilyAndTransport,
  end: number
): ProxyScan {
  const addressBytes = 2 * (family.hostBytes + family.portBytes)
  const addressEnd = fixedBytes + addressBytes
  if (addressEnd > end) {
    const announced = `bytes 14 and 15 announce ${bytes(end - fixedBytes)}`
    const allowed = `${addressBytes} or more for the addresses of family ${named(input.byte(13))}`
    return new ProxyFault("length", `${announced}, allowed: ${allowed}`)
  }
  yield addressEnd
  const addresses = addressesOf(input, family, transport)
  if (addresses instanceof ProxyFault) return addresses
  const tlvs: Array<ProxyTlv> = []
  const fault = yield* scanTlvs(input, settings, addressEnd, end, tlvs)
  return fault ?? { version: 2, command: "proxy", ...addresses, tlvs }
}

const addressesOf = (
  input: ProxyInput,
  { addressOf, hostBytes, portBytes }: Family,
  transport: ProxyHeader["transport"]
): Pick<ProxyHeader, "transport" | "source" | "destination"> | ProxyFault => {
  if (hostBytes === 0 || transport === "unspecified") {
    return { transport: "unspecified", source: undefined, destination: undefined }
  }
  const destinationAt = fixedBytes + hostBytes
  const portsAt = destinationAt + hostBytes
  const source = addressOf(input.view(fixedBytes, destinationAt), input.uint16(portsAt))
  if (source === undefined) return notText("source", fixedBytes)
  const destination = addressOf(input.view(destinationAt, portsAt), input.uint16(portsAt + portBytes))
  return destination === undefined ? notText("destination", destinationAt) : { transport, source, destination }
}

const notText = (which: string, at: number): ProxyFault =>
  new ProxyFault("address", `the ${which} path at byte ${at} is not UTF-8, allowed is nothing else`)

// Adds what it finds to `tlvs`; gives what is wrong.
function* scanTlvs(
  input: ProxyInput,
  settings: ProxySettings,
  start: number,
  end: number,
  tlvs: Array<ProxyTlv>
): Generator<number, ProxyFault | undefined, void> {
  let at = start
  let checksumAt: number | undefined
  while (at < end) {
    if (end - at < tlvHeaderBytes) {
      return new ProxyFault(
        "tlv",
        `the TLV at byte ${at} has ${bytes(end - at)} left, allowed: ${tlvHeaderBytes} or more`
      )
    }
    const valueAt = at + tlvHeaderBytes
    yield valueAt
    const type = input.byte(at)
    const size = input.uint16(at + 1)
    const fault = tlvSizeFault(type, size, at, end - valueAt)
    if (fault !== undefined) return fault
    yield valueAt + size
    if (type === tlvType.crc32c) {
      if (checksumAt !== undefined) return new ProxyFault("checksum", `a second one at byte ${at}, allowed is one`)
      checksumAt = valueAt
    } else if (type !== tlvType.noop) {
      tlvs.push({ type, value: new Uint8Array(input.view(valueAt, valueAt + size)) })
    }
    at = valueAt + size
  }
  return checksumFault(input, settings, checksumAt, end)
}

const checksumFault = (
  input: ProxyInput,
  settings: ProxySettings,
  at: number | undefined,
  end: number
): ProxyFault | undefined => {
  if (at === undefined) {
    return settings.checksum === "require"
      ? new ProxyFault("checksum", 'it has none, which checksum: "require" asks for')
      : undefined
  }
  const sent = hex(input.uint16(at) * 65_536 + input.uint16(at + 2))
  const found = hex(crc32cWithout(input.view(0, end), at))
  return sent === found
    ? undefined
    : new ProxyFault("checksum", `the ${checksumBytes} bytes at ${at} are ${sent}, the header's CRC32C is ${found}`)
}

const hex = (checksum: number): string => `0x${checksum.toString(16).padStart(8, "0")}`
