/** What is no header of the PROXY protocol, and at which byte that shows. */
import type { ProxyReason } from "../../src/Proxy.ts"
import { concat } from "./Bytes.ts"
import { binary, fromHex, inetBody, tlv, unixBody, withChecksum } from "./ProxyHeaders.ts"

/** What is wrong, the byte at which it shows, a word of the message, and what was sent up to there. */
export type Wrong = readonly [reason: ProxyReason, at: number, says: string, bytes: Uint8Array | string]

const tcp4 = "PROXY TCP4 1.2.3.4 5.6.7.8 "
const long4 = "255.255.255.255"
const full = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"

export const wrongLines: ReadonlyArray<Wrong> = [
  ["signature", 0, '0x47 "G", allowed: 0x50 "P" or 0x0d (CR)', "G"],
  ["signature", 0, "0x70", "p"],
  ["signature", 0, "0x00", "\0"],
  ["signature", 1, '0x45 "E"', "PE"],
  ["signature", 5, '0x0d (CR), allowed: the rest of "PROXY "', "PROXY\r"],
  ["signature", 5, "0x09", "PROXY\t"],
  ["family", 6, "0x20", "PROXY  "],
  ["family", 6, "TCP4, TCP6 or UNKNOWN", "PROXY X"],
  ["family", 6, "0x74", "PROXY t"],
  ["family", 9, "0x35", "PROXY TCP5"],
  ["family", 9, "0x20", "PROXY TCP "],
  ["family", 10, "0x0d (CR)", "PROXY TCP4\r"],
  ["family", 13, "0x53", "PROXY UNKNOWNS"],
  ["family", 13, "0x0a (LF)", "PROXY UNKNOWN\n"],
  ["line", 14, "allowed: 0x0a (LF) behind a CR", "PROXY UNKNOWN\r\r"],
  ["line", 16, "an LF without its CR", "PROXY UNKNOWN xx\n"],
  ["line", 17, "allowed: 0x0a (LF) behind a CR", "PROXY UNKNOWN xx\rx"],
  ["address", 11, "source address, at its beginning", "PROXY TCP4  "],
  ["address", 11, "0x2b", "PROXY TCP4 +"],
  ["address", 12, 'behind "0"', "PROXY TCP4 00"],
  ["address", 12, 'behind "0"', "PROXY TCP4 01"],
  ["address", 13, 'behind "25"', "PROXY TCP4 256"],
  ["address", 14, 'behind "255"', "PROXY TCP4 2550"],
  ["address", 13, 'behind "1."', "PROXY TCP4 1.."],
  ["address", 16, 'behind "1.2.3"', "PROXY TCP4 1.2.3 "],
  ["address", 18, 'behind "1.2.3.4"', "PROXY TCP4 1.2.3.4."],
  ["address", 18, "without leading zeros, and then one space", "PROXY TCP4 1.2.3.4/"],
  ["address", 12, "four numbers from 0 to 255", "PROXY TCP4 1:"],
  ["address", 11, "0x61", "PROXY TCP4 a"],
  ["address", 11, "0x78", "PROXY TCP4 x"],
  ["line", 11, "0x0d (CR)", "PROXY TCP4 \r"],
  ["line", 18, "0x0d (CR)", "PROXY TCP4 1.2.3.4\r"],
  ["line", 18, "0x0a (LF)", "PROXY TCP4 1.2.3.4\n"],
  ["address", 19, "destination address, at its beginning", "PROXY TCP4 1.2.3.4  "],
  ["address", 11, "eight groups of 1 to 4 hexadecimal digits", "PROXY TCP6 g"],
  ["address", 12, "0x2e", "PROXY TCP6 a."],
  ["address", 12, 'behind "1"', "PROXY TCP6 1."],
  ["address", 12, 'behind ":"', "PROXY TCP6 :1"],
  ["address", 13, 'behind "::"', "PROXY TCP6 :::"],
  ["address", 13, 'behind "1:"', "PROXY TCP6 1: "],
  ["address", 16, 'behind "1::1:"', "PROXY TCP6 1::1::"],
  ["address", 15, 'behind "1111"', "PROXY TCP6 11112"],
  ["address", 26, 'behind "1:2:3:4:5:6:7:8"', "PROXY TCP6 1:2:3:4:5:6:7:8:"],
  ["address", 26, 'behind "::1:2:3:4:5:6:7"', "PROXY TCP6 ::1:2:3:4:5:6:7:"],
  ["address", 24, 'behind "1:2:3:4:5:6:7"', "PROXY TCP6 1:2:3:4:5:6:7 "],
  ["address", 26, 'behind "1:2:3:4:5:6:7::"', "PROXY TCP6 1:2:3:4:5:6:7::8"],
  ["address", 26, 'behind "::1:2:3:4:5:6:7"', "PROXY TCP6 ::1:2:3:4:5:6:7."],
  ["address", 22, "0x2e", "PROXY TCP6 1:2:3:4:5:1."],
  ["address", 20, "0x2e", "PROXY TCP6 ::1.2.3.4."],
  ["address", 16, 'behind "::256"', "PROXY TCP6 ::256."],
  ["address", 14, "0x25", "PROXY TCP6 ::1%"],
  ["address", 11, "0x5b", "PROXY TCP6 ["],
  ["port", 27, "1 to 65535", `${tcp4}0`],
  ["port", 27, "0x2d", `${tcp4}-`],
  ["port", 27, "0x2b", `${tcp4}+`],
  ["port", 27, "source port, at its beginning", `${tcp4} `],
  ["port", 28, "0x78", `${tcp4}1x`],
  ["port", 28, "0x2e", `${tcp4}1.`],
  ["port", 31, 'behind "6553"', `${tcp4}65536`],
  ["port", 32, 'behind "65535"', `${tcp4}655350`],
  ["port", 33, 'destination port, behind "6553"', `${tcp4}1 65536`],
  ["line", 28, "0x0d (CR)", `${tcp4}1\r`],
  ["port", 29, "destination port, at its beginning", `${tcp4}1 0`],
  ["port", 30, "and then CR LF", `${tcp4}1 2 `],
  ["line", 30, "0x0a (LF)", `${tcp4}1 2\n`],
  ["line", 29, "0x0d (CR)", `${tcp4}1 \r`],
  ["line", 31, "allowed: 0x0a (LF) behind a CR", `${tcp4}1 2\rx`],
  ["length", 105, "within 107 bytes", `PROXY UNKNOWN ${"x".repeat(92)}`],
  ["line", 106, "0x0a (LF) behind a CR", `PROXY UNKNOWN ${"x".repeat(91)}\r\r`],
  ["length", 105, "within 107 bytes", `PROXY TCP6 ${full} ${full} 655`],
  ["port", 49, "0x30", `PROXY TCP4 ${long4} ${long4} 65535 0`]
]

const uniqueId129 = concat([inetBody, tlv(5, new Uint8Array(129))])
const summed = withChecksum(0x21, 0x11, inetBody)
const with1 = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))

export const wrongBinaries: ReadonlyArray<Wrong> = [
  ["signature", 1, "0x0a (LF), as in the signature", "\r\r"],
  ["signature", 4, "0x0a (LF), allowed: 0x00", "\r\n\r\n\n"],
  ["signature", 11, "byte 11 is 0x0d", "\r\n\r\n\0\r\nQUIT\r"],
  ["version", 12, "0x11, allowed: 2 in the upper four bits", "\r\n\r\n\0\r\nQUIT\n\x11"],
  ["version", 12, "0x31", "\r\n\r\n\0\r\nQUIT\n\x31"],
  ["version", 12, "0x01", "\r\n\r\n\0\r\nQUIT\n\x01"],
  ["command", 12, '0x22 "\\"", allowed: 0 (LOCAL) or 1 (PROXY)', "\r\n\r\n\0\r\nQUIT\n\x22"],
  ["command", 12, "0x2f", "\r\n\r\n\0\r\nQUIT\n\x2f"],
  ["family", 13, "0x41", "\r\n\r\n\0\r\nQUIT\n\x21\x41"],
  ["family", 13, "0x13, allowed: 0 (unspecified), 1 (IPv4)", "\r\n\r\n\0\r\nQUIT\n\x21\x13"],
  ["family", 13, "0x03", "\r\n\r\n\0\r\nQUIT\n\x21\x03"],
  ["length", 15, "announce 11 bytes, allowed: 12 or more", binary(0x21, 0x11, new Uint8Array(11))],
  ["length", 15, "allowed: 12 or more", binary(0x21, 0x10, new Uint8Array(0))],
  ["length", 15, "announce 35 bytes, allowed: 36 or more", binary(0x21, 0x21, new Uint8Array(35))],
  ["length", 15, "announce 215 bytes, allowed: 216 or more", binary(0x21, 0x31, new Uint8Array(215))],
  ["length", 15, "it announces 537 bytes, allowed are 536", binary(0x21, 0x11, new Uint8Array(521))],
  ["length", 15, "it announces 537 bytes, allowed are 536", binary(0x20, 0x00, new Uint8Array(521))],
  ["length", 15, "it announces 65551 bytes", "\r\n\r\n\0\r\nQUIT\n\x20\x11".concat("\xff\xff")],
  [
    "address",
    231,
    "source path at byte 16 is not UTF-8",
    binary(
      0x21,
      0x31,
      unixBody("/", "/").map((byte, at) => (at === 1 ? 0xff : byte))
    )
  ],
  [
    "address",
    231,
    "destination path at byte 124",
    binary(
      0x21,
      0x31,
      unixBody("/", "/").map((byte, at) => (at === 108 ? 0xc3 : byte))
    )
  ],
  [
    "tlv",
    27,
    "the TLV at byte 28 has 1 byte left, allowed: 3 or more",
    binary(0x21, 0x11, concat([inetBody, fromHex("01")]))
  ],
  ["tlv", 27, "the TLV at byte 28 has 2 bytes left", binary(0x21, 0x11, concat([inetBody, fromHex("0100")]))],
  ["tlv", 15, "the TLV at byte 16 has 2 bytes left", binary(0x21, 0x00, fromHex("0100"))],
  [
    "tlv",
    30,
    "type 0x01 at byte 28 has a value of 2 bytes, allowed are the 1",
    binary(0x21, 0x11, concat([inetBody, fromHex("01000268")]))
  ],
  ["tlv", 30, "a value of 65535 bytes", binary(0x21, 0x11, concat([inetBody, fromHex("01ffff68")]))],
  [
    "tlv",
    33,
    "the TLV at byte 34 has 1 byte left",
    binary(0x21, 0x11, concat([inetBody, tlv(4, fromHex("000000")), fromHex("01")]))
  ],
  ["tlv", 30, "allowed for a checksum: 4", binary(0x21, 0x11, concat([inetBody, tlv(3, fromHex("0102030405"))]))],
  ["tlv", 30, "allowed for a checksum: 4", binary(0x21, 0x11, concat([inetBody, tlv(3, fromHex("010203"))]))],
  ["tlv", 30, "allowed for a unique id: 128 or fewer", binary(0x21, 0x11, uniqueId129)],
  [
    "checksum",
    34,
    "are 0x01020304, the header's CRC32C is 0x",
    binary(0x21, 0x11, concat([inetBody, tlv(3, fromHex("01020304"))]))
  ],
  ["checksum", 34, "the 4 bytes at 31", with1(summed, 20)],
  ["checksum", 34, "the 4 bytes at 31", with1(summed, 34)],
  [
    "checksum",
    41,
    "a second one at byte 35",
    binary(0x21, 0x11, concat([inetBody, tlv(3, fromHex("00000000")), tlv(3, fromHex("00000000"))]))
  ]
]

/** One byte for each character: Latin 1. */
export const bytesOf = (bytes: Uint8Array | string): Uint8Array =>
  typeof bytes === "string" ? Uint8Array.from(bytes, (character) => character.charCodeAt(0)) : bytes
