import { assert, describe, it } from "@effect/vitest"
import { isFrameError } from "../src/FrameError.ts"
import { crc32c } from "../src/internal/ProxyCrc32c.ts"
import * as Proxy from "../src/Proxy.ts"
import { concat, hex, utf8 } from "./support/Bytes.ts"
import {
  binary,
  fromHex,
  headerOf,
  inet,
  inet6,
  inetBody,
  local,
  naiveCrc32c,
  tlv,
  toldHeader,
  unix,
  validHeaders,
  withChecksum
} from "./support/ProxyHeaders.ts"

const ends = [inet("192.0.2.7", 56_324), inet("198.51.100.1", 443)] as const
const tcp = headerOf(2, "stream", ends)
const nothing = new Uint8Array(0)

const encode = (header: Proxy.ProxyHeader, options: Proxy.ProxyOptions = {}): string => {
  const bytes = Proxy.make(options).encoder().encode(header)
  return isFrameError(bytes) ? `${bytes.kind} ${bytes.reason}: ${bytes.message}` : hex(bytes)
}

describe("what the encoder writes", () => {
  it("B89 bytes that were written by hand", () => {
    const written = (text: string): string => hex(utf8(text))
    assert.strictEqual(encode(headerOf(1)), written("PROXY UNKNOWN\r\n"))
    assert.strictEqual(encode(headerOf(1, "stream", ends)), written("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"))
    // In version 1 an IPv4 address inside of an IPv6 one is hexadecimal too: not every reader knows the other text.
    const mixed = [inet6("::ffff:192.0.2.7", 1), inet6("2001:DB8:0::1", 2)] as const
    assert.strictEqual(encode(headerOf(1, "stream", mixed)), written("PROXY TCP6 ::ffff:c000:207 2001:db8::1 1 2\r\n"))
    assert.strictEqual(encode(tcp), hex(binary(0x21, 0x11, inetBody)))
    assert.strictEqual(encode(local), hex(binary(0x20, 0, nothing)))
    assert.strictEqual(encode(local, { checksum: "write" }), hex(withChecksum(0x20, 0, nothing)))
    assert.strictEqual(encode(tcp, { checksum: "write" }), hex(withChecksum(0x21, 0x11, inetBody)))
  })

  it("B89 padding up to the alignment, three bytes or more, none where it fits already", () => {
    const padded = (size: number): string => hex(binary(0x21, 0x11, concat([inetBody, tlv(4, new Uint8Array(size))])))
    assert.strictEqual(encode(tcp, { alignTo: 28 }), hex(binary(0x21, 0x11, inetBody)))
    assert.strictEqual(encode(tcp, { alignTo: 31 }), padded(0))
    assert.strictEqual(encode(tcp, { alignTo: 30 }), padded(60 - 31))
    assert.strictEqual(encode(tcp, { alignTo: 29 }), padded(58 - 31))
    assert.strictEqual(encode(tcp, { alignTo: 2, checksum: "write" }).length, 2 * (28 + 3 + 7))
  })

  it("B86 B89 every kind of header comes back from what is written for it", () => {
    for (const [name, , header] of validHeaders) {
      if (header.source?._tag === "Inet6" && header.version === 2) assert.strictEqual(header.destination?._tag, "Inet6")
      const bytes = Proxy.make({ checksum: "write", alignTo: 4 }).encoder().encode(header)
      if (isFrameError(bytes)) return assert.fail(`${name}: ${bytes.message}`)
      const [found] = Proxy.make().decoder().push(bytes)
      assert.strictEqual(found && !isFrameError(found) ? toldHeader(found) : "", toldHeader(header), name)
    }
  })

  it("encodeAll writes all or nothing", () => {
    const encoder = Proxy.make().encoder()
    const all = encoder.encodeAll([headerOf(1), tcp])
    assert.strictEqual(isFrameError(all) ? "" : hex(concat(all)), encode(headerOf(1)) + encode(tcp))
    const refused = encoder.encodeAll([tcp, { ...tcp, source: undefined }])
    assert.deepStrictEqual(isFrameError(refused) && [refused.reason, refused.frame], ["address", 1])
  })
})

const bigger = { ...tcp, tlvs: [{ type: 0xe0, value: new Uint8Array(506) }] }

describe("what the encoder refuses", () => {
  // Values as they come from code without types.
  const untyped = (fields: object): Proxy.ProxyHeader => ({ ...tcp, ...fields })
  const refusals: ReadonlyArray<readonly [string, Proxy.ProxyHeader, Proxy.ProxyOptions?]> = [
    ["version: version is 1, allowed: 2", headerOf(1), { versions: "2" }],
    ["version: version is 2, allowed: 1", tcp, { versions: "1" }],
    ["version: version is 3, allowed: 1 or 2", untyped({ version: 3 })],
    ["command: command is query", untyped({ command: "query" })],
    ["command: command is local, allowed in version 1: proxy", { ...local, version: 1 }],
    ["family: transport is sequence", untyped({ transport: "sequence" })],
    ["family: transport is stream, allowed for command local", { ...local, transport: "stream" }],
    ["family: it is for Inet datagram, allowed in version 1", headerOf(1, "datagram", ends)],
    ["family: it is for Unix stream", headerOf(1, "stream", [unix("/a"), unix("/b")])],
    ["address: there are addresses, allowed for command local", { ...local, source: ends[0] }],
    ["address: there are addresses, allowed for transport unspecified", { ...tcp, transport: "unspecified" }],
    ["address: source is undefined and destination Inet", { ...tcp, source: undefined }],
    ["address: source is Inet and destination undefined", { ...tcp, destination: undefined }],
    ["address: source is Inet and destination Inet6", { ...tcp, destination: inet6("::1", 1) }],
    ['address: the source host is "localhost", allowed: four numbers', { ...tcp, source: inet("localhost", 1) }],
    ['address: the source host is "01.2.3.4"', { ...tcp, source: inet("01.2.3.4", 1) }],
    ['address: the source host is "1.2.3.4\\r', headerOf(1, "stream", [inet("1.2.3.4\r\nPROXY", 1), ends[1]])],
    [
      'address: the destination host is "fe80::1%eth0"',
      headerOf(2, "stream", [inet6("::", 1), inet6("fe80::1%eth0", 1)])
    ],
    ["address: the source path", headerOf(2, "stream", [unix("x".repeat(109)), unix("")])],
    ["address: the destination path", headerOf(2, "stream", [unix(""), unix("/a\0b")])],
    ["address: the source path", headerOf(2, "stream", [unix("\0a\0"), unix("")])],
    ["address: the source path", headerOf(2, "stream", [unix("\ud83d"), unix("")])],
    ["port: port is 0, allowed in version 1: 1 to 65535", headerOf(1, "stream", [inet("1.2.3.4", 0), ends[1]])],
    ["port: port is 65536", headerOf(1, "stream", [ends[0], inet("1.2.3.4", 65_536)])],
    ["port: the source port is -1, allowed: 0 to 65535", headerOf(2, "stream", [inet("1.2.3.4", -1), ends[1]])],
    ["port: the destination port is 1.5", headerOf(2, "stream", [ends[0], inet("1.2.3.4", 1.5)])],
    ["tlv: there are 1 TLVs, allowed in version 1: none", headerOf(1, "stream", ends, bigger.tlvs)],
    ["tlv: there are 1 TLVs, allowed for command local: none", { ...local, tlvs: bigger.tlvs }],
    ["tlv: a TLV has the type 3, allowed: 0 to 255 without 3 and 4", untyped({ tlvs: [{ type: 3, value: nothing }] })],
    ["tlv: a TLV has the type 4", untyped({ tlvs: [{ type: 4, value: nothing }] })],
    ["tlv: a TLV has the type 256", untyped({ tlvs: [{ type: 256, value: nothing }] })],
    ["tlv: a TLV has the type -1", untyped({ tlvs: [{ type: -1, value: nothing }] })],
    [
      "tlv: the TLV of type 0x05 at byte 16 has a value of 129 bytes",
      untyped({ tlvs: [{ type: 5, value: new Uint8Array(129) }] })
    ],
    ["tlv: the TLV of type 0x01", untyped({ tlvs: [{ type: 1, value: new Uint8Array(65_536) }] })]
  ]

  for (const [says, header, options] of refusals) {
    it(`B87 B89 ${says}`, () => {
      const [reason, words = ""] = says.split(": ", 2)
      assert.include(encode(header, options), `bad_header ${reason}: PROXY header: ${words}`)
    })
  }

  it("B89 FF-77 what is longer than the limit, or than any header", () => {
    assert.strictEqual(encode(bigger), "frame_too_long length: PROXY header: it has 537 bytes, allowed are 536")
    assert.strictEqual(encode(bigger, { maxHeaderBytes: 537 }).length, 2 * 537)
    assert.include(encode(headerOf(1, "stream", ends), { maxHeaderBytes: 20 }), "frame_too_long length")
    const tlvs = [1, 2].map((type) => ({ type, value: new Uint8Array(32_759) }))
    assert.strictEqual(encode({ ...headerOf(2), tlvs }, { maxHeaderBytes: null }).length, 2 * 65_540)
    assert.include(encode({ ...tcp, tlvs }, { maxHeaderBytes: null }), "65552 bytes, allowed are 65551")
    const [refused] = [Proxy.make().encoder().encode(bigger)]
    assert.deepStrictEqual(isFrameError(refused) && [refused.size, refused.limit, refused.fatal], [537, 536, false])
  })
})

describe("CRC32C", () => {
  it("B89 the published values, and the definition", () => {
    for (const [bytes, expected] of [
      [nothing, 0],
      [utf8("123456789"), 0xe3069283],
      [new Uint8Array(32), 0x8a9136aa],
      [new Uint8Array(32).fill(255), 0x62a8ab43],
      [Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
      [fromHex("0d0a0d0a000d0a515549540a"), naiveCrc32c(fromHex("0d0a0d0a000d0a515549540a"))]
    ] as const) {
      assert.strictEqual(crc32c(bytes), expected)
    }
  })
})
