/**
 * Headers to bytes of version 2.
 *
 * @since 0.1.0
 */
import type { ProxyAddress, ProxyHeader, ProxyTlv } from "../Proxy.ts"
import { fixedBytes, signature } from "./ProxyBinary.ts"
import { crc32c } from "./ProxyCrc32c.ts"
import { ProxyFault } from "./ProxyFault.ts"
import { hostBytes, isPort } from "./ProxyLineWriter.ts"
import type { ProxySettings } from "./ProxySettings.ts"
import { checksumBytes, pushTlv, tlvHeaderBytes, tlvSizeFault, tlvType } from "./ProxyTlvs.ts"
import { unixAddress, unixBytes } from "./ProxyUnix.ts"

const longestValue = 65_535

/**
 * The bytes of a header, or why there are none.
 *
 * **Shapes**
 *
 * - In order: addresses, the header's TLVs, padding, checksum.
 * - More bytes than the two of the length can tell are for the caller to refuse: `maxHeaderBytes` never allows them.
 *
 * @category encoding
 * @source proxy-protocol.txt, section 2.2
 * @since 0.1.0
 */
export const binaryHeader = (settings: ProxySettings, header: ProxyHeader): Uint8Array | ProxyFault => {
  const addresses = addressBytes(header)
  if (addresses instanceof ProxyFault) return addresses
  const fault = tlvsFault(header)
  if (fault !== undefined) return fault
  const writesChecksum = settings.checksum !== "verify"
  const bytes = [...signature, 0x20 + (header.command === "proxy" ? 1 : 0), familyByte(header), 0, 0, ...addresses]
  for (const { type, value } of header.tlvs) pushTlv(bytes, type, value)
  const size = bytes.length + (writesChecksum ? tlvHeaderBytes + checksumBytes : 0)
  const padding = paddingFor(size, settings.alignTo)
  if (padding > 0) pushTlv(bytes, tlvType.noop, new Uint8Array(padding - tlvHeaderBytes))
  if (writesChecksum) pushTlv(bytes, tlvType.crc32c, new Uint8Array(checksumBytes))
  return sealed(Uint8Array.from(bytes), writesChecksum)
}

// Writes what is known only at the end, the length first: the checksum covers it.
const sealed = (bytes: Uint8Array, writesChecksum: boolean): Uint8Array => {
  const length = bytes.length - fixedBytes
  bytes[14] = length >> 8
  bytes[15] = length & 0xff
  if (!writesChecksum) return bytes
  const checksum = crc32c(bytes)
  const at = bytes.length - checksumBytes
  for (let index = 0; index < checksumBytes; index++) bytes[at + index] = checksum >>> (24 - 8 * index)
  return bytes
}

/** How many bytes of padding make `size` a multiple: none, or as many as the smallest TLV has and more. */
const paddingFor = (size: number, alignTo: number): number => {
  let padding = (alignTo - (size % alignTo)) % alignTo
  while (padding > 0 && padding < tlvHeaderBytes) padding += alignTo
  return padding
}

const familyByte = ({ source, transport }: ProxyHeader): number => {
  if (source === undefined) return 0
  const family = source._tag === "Inet" ? 0x10 : source._tag === "Inet6" ? 0x20 : 0x30
  return family + (transport === "stream" ? 1 : 2)
}

const addressBytes = ({ destination, source }: ProxyHeader): ReadonlyArray<number> | ProxyFault => {
  if (source === undefined || destination === undefined) return []
  const from = partsOf("source", source)
  if (from instanceof ProxyFault) return from
  const to = partsOf("destination", destination)
  return to instanceof ProxyFault ? to : [...from.host, ...to.host, ...from.port, ...to.port]
}

interface AddressParts {
  readonly host: Iterable<number>
  readonly port: ReadonlyArray<number>
}

const partsOf = (which: string, address: ProxyAddress): AddressParts | ProxyFault => {
  if (address._tag === "Unix") {
    const host = unixAddress(address.path)
    const allowed = `at most ${unixBytes} bytes of UTF-8, a NUL only as the first and not as the last`
    const path = JSON.stringify(address.path.slice(0, unixBytes))
    if (host === undefined) return new ProxyFault("address", `the ${which} path is ${path}, allowed: ${allowed}`)
    return { host, port: [] }
  }
  const host = hostBytes(which, address)
  if (host instanceof ProxyFault) return host
  const { port } = address
  if (!isPort(port, 0)) return new ProxyFault("port", `the ${which} port is ${port}, allowed: 0 to 65535`)
  return { host, port: [port >> 8, port & 0xff] }
}

const tlvsFault = ({ command, tlvs }: ProxyHeader): ProxyFault | undefined => {
  if (command === "local" && tlvs.length > 0) {
    return new ProxyFault("tlv", `there are ${tlvs.length} TLVs, allowed for command local: none, as nobody reads them`)
  }
  let at = fixedBytes
  for (const tlv of tlvs) {
    const fault = typeFault(tlv) ?? tlvSizeFault(tlv.type, tlv.value.length, at, longestValue)
    if (fault !== undefined) return fault
    at += tlvHeaderBytes + tlv.value.length
  }
  return undefined
}

const typeFault = ({ type }: ProxyTlv): ProxyFault | undefined => {
  const isType = Number.isInteger(type) && type >= 0 && type <= 255
  const isOurs = type === tlvType.crc32c || type === tlvType.noop
  if (isType && !isOurs) return undefined
  const allowed = "0 to 255 without 3 and 4, which the options checksum and alignTo write"
  return new ProxyFault("tlv", `a TLV has the type ${type}, allowed: ${allowed}`)
}
