/**
 * What a stream means to the PROXY protocol, said naively: on the whole stream, without chunks, without state and without the code
 * that is tested.
 */
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import type { ProxyAddress, ProxyHeader, ProxyTlv } from "../../src/Proxy.ts"
import { hex, textOf } from "./Bytes.ts"
import { headerOf, inet, inet6, local, naiveCrc32c, signature, uint32, unix } from "./ProxyHeaders.ts"

/** The header that a stream begins with, and its size; `undefined`: it begins with none, or not with all of one. */
export interface Judged {
  readonly header: ProxyHeader
  readonly size: number
}

const lineText = (stream: Uint8Array): string | undefined => {
  const text = Array.from(stream.slice(0, 107), (byte) => String.fromCharCode(byte)).join("")
  const end = text.indexOf("\r\n")
  return end === -1 ? undefined : text.slice(0, end)
}

const ip = (family: string, host: string, port: number): ProxyAddress | undefined => {
  if (port > 65_535) return undefined
  if (family === "TCP4") {
    const parsed = NetAddress.ipv4FromString(host)
    return Result.isSuccess(parsed) ? inet(NetAddress.formatIp(parsed.success), port) : undefined
  }
  const parsed = NetAddress.ipv6FromString(host)
  return Result.isSuccess(parsed) ? inet6(NetAddress.formatIp(parsed.success), port) : undefined
}

const judgedLine = (stream: Uint8Array): Judged | undefined => {
  const line = lineText(stream)
  if (line === undefined) return undefined
  const size = line.length + 2
  if (/^PROXY UNKNOWN( [^\r\n]*)?$/.test(line)) return { header: headerOf(1), size }
  const port = "([1-9][0-9]{0,4})"
  const found = new RegExp(`^PROXY (TCP4|TCP6) ([^ ]+) ([^ ]+) ${port} ${port}$`).exec(line)
  if (found === null) return undefined
  const [, family = "", from = "", to = "", fromPort, toPort] = found
  const source = ip(family, from, Number(fromPort))
  const destination = ip(family, to, Number(toPort))
  if (source === undefined || destination === undefined) return undefined
  return { header: headerOf(1, "stream", [source, destination]), size }
}

const pathOf = (bytes: Uint8Array): string | undefined => {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")
  const trimmed = text.startsWith("\0") ? text.replace(/\0+$/, "") : (text.split("\0")[0] ?? "")
  return textOf(bytes.slice(0, trimmed.length))
}

const endsOf = (family: number, body: Uint8Array): readonly [ProxyAddress, ProxyAddress] | undefined => {
  const port = (at: number): number => (body[at] ?? 0) * 256 + (body[at + 1] ?? 0)
  if (family === 3) {
    const [from, to] = [pathOf(body.slice(0, 108)), pathOf(body.slice(108, 216))]
    return from === undefined || to === undefined ? undefined : [unix(from), unix(to)]
  }
  const width = family === 1 ? 4 : 16
  const host = (at: number): string => {
    const bytes = body.slice(at, at + width)
    return NetAddress.formatIp(
      family === 1 ? NetAddress.ipv4FromBytesUnsafe(bytes) : NetAddress.ipv6FromBytesUnsafe(bytes)
    )
  }
  const make = family === 1 ? inet : inet6
  return [make(host(0), port(width * 2)), make(host(width), port(width * 2 + 2))]
}

const tlvsOf = (area: Uint8Array): ReadonlyArray<ProxyTlv> | undefined => {
  const [type = 0, high = 0, low = 0] = area
  if (area.length === 0) return []
  const end = 3 + high * 256 + low
  if (area.length < 3 || area.length < end) return undefined
  const rest = tlvsOf(area.slice(end))
  return rest && [{ type, value: area.slice(3, end) }, ...rest]
}

const judgedBinary = (stream: Uint8Array, max: number, requireChecksum: boolean): Judged | undefined => {
  const [command = 0, family = 0, high = 0, low = 0] = stream.slice(12)
  const size = 16 + high * 256 + low
  if (hex(stream.slice(0, 12)) !== hex(signature) || stream.length < size || stream.length < 16 || size > max) {
    return undefined
  }
  if (command === 0x20) return { header: local, size }
  if (command !== 0x21 || family >> 4 > 3 || (family & 15) > 2) return undefined
  const body = stream.slice(16, size)
  const addressBytes = [0, 12, 36, 216][family >> 4] ?? 0
  if (body.length < addressBytes) return undefined
  const isUnspecified = family >> 4 === 0 || (family & 15) === 0
  const ends = isUnspecified ? undefined : endsOf(family >> 4, body)
  const tlvs = tlvsOf(body.slice(addressBytes))
  if (tlvs === undefined || (!isUnspecified && ends === undefined)) return undefined
  if (tlvs.some(({ type, value }) => type === 5 && value.length > 128)) return undefined
  const sums = tlvs.filter(({ type }) => type === 3)
  if (sums.length > 1 || (requireChecksum && sums.length === 0)) return undefined
  if (sums[0] !== undefined && !isSum(stream.slice(0, size), addressBytes + 16, tlvs, sums[0])) return undefined
  const transport = isUnspecified ? "unspecified" : (family & 15) === 1 ? "stream" : "datagram"
  return {
    header: headerOf(
      2,
      transport,
      ends,
      tlvs.filter(({ type }) => type !== 3 && type !== 4)
    ),
    size
  }
}

const isSum = (header: Uint8Array, start: number, tlvs: ReadonlyArray<ProxyTlv>, sum: ProxyTlv): boolean => {
  const before = tlvs.slice(0, tlvs.indexOf(sum))
  const at = before.reduce((offset, { value }) => offset + 3 + value.length, start) + 3
  if (sum.value.length !== 4) return false
  const zeroed = header.slice()
  zeroed.set(new Uint8Array(4), at)
  return hex(sum.value) === hex(uint32(naiveCrc32c(zeroed)))
}

export const judged = (stream: Uint8Array, max: number, requireChecksum = false): Judged | undefined =>
  stream[0] === 80 && !requireChecksum ? judgedLine(stream) : judgedBinary(stream, max, requireChecksum)
