/**
 * Headers to lines of version 1.
 *
 * @since 0.1.0
 */
import type { ProxyAddress, ProxyHeader } from "../Proxy.ts"
import { ProxyFault } from "./ProxyFault.ts"
import { ipv4Bytes, ipv4Text } from "./ProxyIpv4.ts"
import { ipv6Bytes, ipv6HexText } from "./ProxyIpv6.ts"
import { word } from "./ProxyLine.ts"
import { encodeUtf8 } from "./Utf8.ts"

/**
 * The line of a header, or why there is none.
 *
 * @category encoding
 * @source proxy-protocol.txt, section 2.1
 * @since 0.1.0
 */
export const lineHeader = (header: ProxyHeader): Uint8Array | ProxyFault => {
  const { command, destination, source, tlvs, transport } = header
  if (command !== "proxy") return new ProxyFault("command", "command is local, allowed in version 1: proxy")
  if (tlvs.length > 0) return new ProxyFault("tlv", `there are ${tlvs.length} TLVs, allowed in version 1: none`)
  if (source === undefined || destination === undefined) return encodeUtf8(`${word}UNKNOWN\r\n`)
  if (transport !== "stream" || source._tag === "Unix" || destination._tag === "Unix") {
    return new ProxyFault("family", `it is for ${source._tag} ${transport}, allowed in version 1: Inet or Inet6 stream`)
  }
  const hosts = [hostText("source", source), hostText("destination", destination)]
  for (const host of hosts) if (host instanceof ProxyFault) return host
  const ports = [source.port, destination.port]
  for (const port of ports) {
    if (!isPort(port, 1)) return new ProxyFault("port", `port is ${port}, allowed in version 1: 1 to 65535`)
  }
  const family = source._tag === "Inet" ? "TCP4" : "TCP6"
  return encodeUtf8(`${word}${[family, ...hosts, ...ports].join(" ")}\r\n`)
}

// Not the mixed text of an IPv4 address inside an IPv6 one: the protocol's own text knows hexadecimal groups only.
const hostText = (which: string, address: Exclude<ProxyAddress, { _tag: "Unix" }>): string | ProxyFault => {
  const bytes = hostBytes(which, address)
  if (bytes instanceof ProxyFault) return bytes
  return address._tag === "Inet" ? ipv4Text(bytes) : ipv6HexText(bytes)
}

/** The bytes of an IP address. */
export const hostBytes = (
  which: string,
  { _tag, host }: Exclude<ProxyAddress, { _tag: "Unix" }>
): ReadonlyArray<number> | ProxyFault => {
  const bytes = _tag === "Inet" ? ipv4Bytes(host) : ipv6Bytes(host)
  const allowed = _tag === "Inet" ? "four numbers between dots" : "IPv6 text, without brackets and zone"
  return bytes ?? new ProxyFault("address", `the ${which} host is ${JSON.stringify(host)}, allowed: ${allowed}`)
}

/** Whether a number can be sent as a port. */
export const isPort = (port: number, lowest: 0 | 1): boolean =>
  Number.isInteger(port) && port >= lowest && port <= 65_535
