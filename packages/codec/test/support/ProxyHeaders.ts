/** Headers of the PROXY protocol written by hand, and what they mean. */
import type { Decoded } from "../../src/Codec.ts"
import { isFrameError } from "../../src/FrameError.ts"
import type { ProxyAddress, ProxyHeader, ProxyTlv } from "../../src/Proxy.ts"
import { concat, hex, utf8 } from "./Bytes.ts"

export const signature = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10)

/** Bytes of hexadecimal digits, spaces between them ignored. */
export const fromHex = (digits: string): Uint8Array =>
  Uint8Array.from(digits.match(/[0-9a-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16))

/** A header of version 2 around `body`. */
export const binary = (versionAndCommand: number, family: number, body: Uint8Array): Uint8Array =>
  concat([signature, Uint8Array.of(versionAndCommand, family, body.length >> 8, body.length & 255), body])

export const tlv = (type: number, value: Uint8Array): Uint8Array =>
  concat([Uint8Array.of(type, value.length >> 8, value.length & 255), value])

/** The definition, bit by bit. */
export const naiveCrc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const out = (crc ^ (byte >> bit)) & 1
      crc >>>= 1
      if (out === 1) crc ^= 0x82f63b78
    }
  }
  return ~crc >>> 0
}

export const uint32 = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)

/** The same header with a checksum as its last field. */
export const withChecksum = (versionAndCommand: number, family: number, body: Uint8Array): Uint8Array => {
  const zeroed = binary(versionAndCommand, family, concat([body, tlv(3, new Uint8Array(4))]))
  return concat([zeroed.slice(0, -4), uint32(naiveCrc32c(zeroed))])
}

export const inetBody = fromHex("c0000207 c6336401 dc04 01bb")
export const inet6Body = fromHex("20010db8000000000000000000000007 00000000000000000000ffffc6336401 dc04 0000")
export const unixBody = (source: string, destination: string): Uint8Array =>
  concat([source, destination].map((path) => concat([utf8(path), new Uint8Array(108 - utf8(path).length)])))

export const inet = (host: string, port: number): ProxyAddress => ({ _tag: "Inet", host, port })
export const inet6 = (host: string, port: number): ProxyAddress => ({ _tag: "Inet6", host, port })
export const unix = (path: string): ProxyAddress => ({ _tag: "Unix", path })

export const headerOf = (
  version: 1 | 2,
  transport: ProxyHeader["transport"] = "unspecified",
  ends: readonly [ProxyAddress, ProxyAddress] | undefined = undefined,
  tlvs: ReadonlyArray<ProxyTlv> = []
): ProxyHeader => ({ version, command: "proxy", transport, source: ends?.[0], destination: ends?.[1], tlvs })

export const local: ProxyHeader = { ...headerOf(2), command: "local" }

const inetEnds = [inet("192.0.2.7", 56_324), inet("198.51.100.1", 443)] as const
const inet6Ends = [inet6("2001:db8::7", 56_324), inet6("::ffff:198.51.100.1", 0)] as const
const h2: ProxyTlv = { type: 1, value: utf8("h2") }
const own: ProxyTlv = { type: 0xe0, value: new Uint8Array(0) }
const noop = tlv(4, fromHex("000000"))
const longest6 = "1111:2222:3333:4444:5555:6666:7777:8888"

/** Every kind of header, and what it means. */
export const validHeaders: ReadonlyArray<readonly [string, Uint8Array, ProxyHeader]> = [
  ["v1 TCP4", utf8("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"), headerOf(1, "stream", inetEnds)],
  [
    "v1 TCP4, shortest",
    utf8("PROXY TCP4 0.0.0.0 1.2.3.4 1 2\r\n"),
    headerOf(1, "stream", [inet("0.0.0.0", 1), inet("1.2.3.4", 2)])
  ],
  [
    "v1 TCP4, longest",
    utf8("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
    headerOf(1, "stream", [inet("255.255.255.255", 65_535), inet("255.255.255.255", 65_535)])
  ],
  [
    "v1 TCP6",
    utf8("PROXY TCP6 2001:DB8:0::7 ::1 56324 443\r\n"),
    headerOf(1, "stream", [inet6("2001:db8::7", 56_324), inet6("::1", 443)])
  ],
  [
    "v1 TCP6, longest",
    utf8(`PROXY TCP6 ${longest6} ${longest6} 65535 65535\r\n`),
    headerOf(1, "stream", [inet6(longest6, 65_535), inet6(longest6, 65_535)])
  ],
  [
    "v1 TCP6, IPv4 inside",
    utf8("PROXY TCP6 ::ffff:192.0.2.7 64:ff9b::198.51.100.1 1 2\r\n"),
    headerOf(1, "stream", [inet6("::ffff:192.0.2.7", 1), inet6("64:ff9b::c633:6401", 2)])
  ],
  ["v1 UNKNOWN", utf8("PROXY UNKNOWN\r\n"), headerOf(1)],
  ["v1 UNKNOWN, blank", utf8("PROXY UNKNOWN \r\n"), headerOf(1)],
  ["v1 UNKNOWN, ignored", concat([utf8("PROXY UNKNOWN TCP4 x 0 \0"), fromHex("ff"), utf8("\r\n")]), headerOf(1)],
  ["v1 UNKNOWN, longest", utf8(`PROXY UNKNOWN ${longest6} ${longest6} 65535 65535\r\n`), headerOf(1)],
  ["v2 inet stream", binary(0x21, 0x11, inetBody), headerOf(2, "stream", inetEnds)],
  ["v2 inet datagram", binary(0x21, 0x12, inetBody), headerOf(2, "datagram", inetEnds)],
  ["v2 inet unspecified", binary(0x21, 0x10, inetBody), headerOf(2)],
  ["v2 inet6 stream", binary(0x21, 0x21, inet6Body), headerOf(2, "stream", inet6Ends)],
  ["v2 inet6 datagram", binary(0x21, 0x22, inet6Body), headerOf(2, "datagram", inet6Ends)],
  ["v2 unix stream", binary(0x21, 0x31, unixBody("/run/a", "")), headerOf(2, "stream", [unix("/run/a"), unix("")])],
  [
    "v2 unix datagram, abstract name, 108 bytes",
    binary(0x21, 0x32, unixBody("\0é", "x".repeat(108))),
    headerOf(2, "datagram", [unix("\0é"), unix("x".repeat(108))])
  ],
  ["v2 unspecified", binary(0x21, 0x00, new Uint8Array(0)), headerOf(2)],
  ["v2 unspecified stream", binary(0x21, 0x01, new Uint8Array(0)), headerOf(2)],
  ["v2 unspecified, TLVs", binary(0x21, 0x00, tlv(1, utf8("h2"))), headerOf(2, "unspecified", undefined, [h2])],
  ["v2 local", binary(0x20, 0x00, new Uint8Array(0)), local],
  ["v2 local, addresses", binary(0x20, 0x11, inetBody), local],
  ["v2 local, no such family, no fields", binary(0x20, 0xff, fromHex("01ffff")), local],
  // The health check of a well-known load balancer: the family says IPv4, and TLVs stand where the addresses would.
  [
    "v2 local, no addresses",
    binary(0x20, 0x11, concat([fromHex("030004bce5951f"), tlv(4, new Uint8Array(74))])),
    local
  ],
  [
    "v2 TLVs",
    binary(0x21, 0x11, concat([inetBody, tlv(1, utf8("h2")), noop, tlv(0xe0, new Uint8Array(0)), tlv(1, utf8("h2"))])),
    headerOf(2, "stream", inetEnds, [h2, own, h2])
  ],
  [
    "v2 checksum last",
    withChecksum(0x21, 0x11, concat([inetBody, tlv(1, utf8("h2"))])),
    headerOf(2, "stream", inetEnds, [h2])
  ],
  [
    "v2 longest that is allowed",
    binary(0x21, 0x11, concat([inetBody, tlv(4, new Uint8Array(505))])),
    headerOf(2, "stream", inetEnds)
  ]
]

const toldAddress = (address: ProxyAddress | undefined): string => {
  if (address === undefined) return "-"
  return address._tag === "Unix" ? `unix ${JSON.stringify(address.path)}` : `${address.host} ${address.port}`
}

/** All of a header. */
export const toldHeader = ({ command, destination, source, tlvs, transport, version }: ProxyHeader): string => {
  const fields = tlvs.map(({ type, value }) => `${type}=${hex(value)}`)
  return [version, command, transport, toldAddress(source), toldAddress(destination), ...fields].join(" ")
}

/** All of what a decoder gives. */
export const told = (item: Decoded<ProxyHeader> | undefined): string => {
  if (item === undefined) return "nothing"
  if (!isFrameError(item)) return toldHeader(item)
  const { fatal, head, kind, limit, message, missing, position, reason, size } = item
  return `${kind} ${reason} at ${position} size ${size} limit ${limit} missing ${missing} fatal ${fatal} ${hex(head)} ${message}`
}
