/**
 * The PROXY protocol, versions 1 and 2: one header at the start of a stream, in which a proxy tells whom it speaks for.
 *
 * @since 0.1.0
 */
import type { Codec } from "./Codec.ts"
import { InvalidCodecOptions } from "./InvalidCodecOptions.ts"
import { ProxyDecoder } from "./internal/ProxyDecoder.ts"
import { makeProxyEncoder } from "./internal/ProxyEncoder.ts"
import { explainProxy, readProxyOptions } from "./internal/ProxySettings.ts"

export { alpn, authority, netns, ssl, tlvValue, uniqueId } from "./internal/ProxyTlvReaders.ts"
export { tlvType } from "./internal/ProxyTlvs.ts"

/**
 * One end of the connection that the proxy took.
 *
 * **Shapes**
 *
 * - `Inet`: IPv4, `host` as four numbers between dots. `Inet6`: `host` in the canonical text of RFC 5952, in which an IPv4 address
 *   inside an IPv6 one is shown as such (`::ffff:192.0.2.1`); the encoder takes every text of an address.
 * - `Unix`: `path` of at most 108 bytes in UTF-8. One that begins with a NUL is a name in Linux's abstract namespace, an empty one
 *   a socket without a name.
 * - `port`: 1 to 65535 in version 1, 0 to 65535 in version 2.
 *
 * @category models
 * @since 0.1.0
 */
export type ProxyAddress =
  | { readonly _tag: "Inet"; readonly host: string; readonly port: number }
  | { readonly _tag: "Inet6"; readonly host: string; readonly port: number }
  | { readonly _tag: "Unix"; readonly path: string }

/**
 * One type-length-value field of a version 2 header.
 *
 * @see {@link tlvType} for the types that have a name
 * @category models
 * @since 0.1.0
 */
export interface ProxyTlv {
  readonly type: number
  readonly value: Uint8Array
}

/**
 * What a header says.
 *
 * **Shapes**
 *
 * - `command`: `"proxy"`: the connection is somebody else's. `"local"`: it is the proxy's own, such as a health check; version 1
 *   has no such header.
 * - `source` and `destination`: both, or neither where the socket's own addresses count. That is so for `"local"` and for the
 *   transport `"unspecified"`: `UNKNOWN` in version 1, and in version 2 a family or a transport that is unspecified.
 * - `tlvs`: in their order, without checksums and padding. None in version 1, and none of a `"local"` header, whose content is
 *   passed over unread.
 *
 * @category models
 * @source FF-78
 * @since 0.1.0
 */
export interface ProxyHeader {
  readonly version: 1 | 2
  readonly command: "proxy" | "local"
  readonly transport: "stream" | "datagram" | "unspecified"
  readonly source: ProxyAddress | undefined
  readonly destination: ProxyAddress | undefined
  readonly tlvs: ReadonlyArray<ProxyTlv>
}

/**
 * What a proxy says about its client's TLS.
 *
 * **Shapes**
 *
 * - `isTls`: the client came over TLS. `certificateOnConnection`, `certificateInSession`: it showed a certificate on this
 *   connection, or at least once in the TLS session that the connection belongs to.
 * - `verifyResult`: `0` where verification found nothing wrong, which is what some proxies send for no certificate too. So ask
 *   `isVerified`: there was a certificate, and the result is `0`.
 * - `version`, `commonName`, `cipher`, `signatureAlgorithm`, `keyAlgorithm`: as the proxy wrote them, where it did.
 * - `tlvs`: all fields inside of the value, those above included.
 *
 * @category models
 * @source proxy-protocol.txt, section 2.2.6
 * @since 0.1.0
 */
export interface ProxySsl {
  readonly isTls: boolean
  readonly certificateOnConnection: boolean
  readonly certificateInSession: boolean
  readonly verifyResult: number
  readonly isVerified: boolean
  readonly version: string | undefined
  readonly commonName: string | undefined
  readonly cipher: string | undefined
  readonly signatureAlgorithm: string | undefined
  readonly keyAlgorithm: string | undefined
  readonly tlvs: ReadonlyArray<ProxyTlv>
}

/**
 * What is wrong with a header, in a word: the `reason` of a `FrameError`.
 *
 * - `signature`: the stream begins with something that is no header of an accepted version.
 * - `version`, `command`, `family`: a value that does not exist; in version 2 `family` is the byte of family and transport.
 * - `address`, `port`: a text or number that is none, in version 1 as soon as nothing could make it right.
 * - `line`: a CR or an LF where none may be, or none where one has to be.
 * - `length`: longer than allowed, or too short for the addresses.
 * - `tlv`: a field that does not fit the header, or has the wrong size for its type.
 * - `checksum`: wrong, twice there, or missing where it is required.
 *
 * @category errors
 * @source B87
 * @since 0.1.0
 */
export type ProxyReason =
  | "signature"
  | "version"
  | "command"
  | "family"
  | "address"
  | "port"
  | "line"
  | "length"
  | "tlv"
  | "checksum"

/**
 * How headers are decoded and encoded.
 *
 * **Shapes**
 *
 * - `versions`: which are decoded and encoded: `"both"` (default), `"1"` or `"2"`.
 * - `maxHeaderBytes`: the largest header, all of it counted; default 536 bytes, what the smallest TCP segment has room for.
 *   16 to 65551, which is what `null` and `Infinity` mean too. A line of version 1 never has more than 107.
 * - `checksum`: of version 2. `"verify"` (default): one that is there has to be right, and none is written. `"write"`: the encoder
 *   adds one. `"require"`: that, and a `"proxy"` header without one is an error; needs `versions: "2"`.
 * - `alignTo`: the encoder pads headers of version 2 to a multiple of so many bytes, 1 to 512; default 1, no padding.
 *
 * @category options
 * @since 0.1.0
 */
export interface ProxyOptions {
  readonly versions?: "1" | "2" | "both" | undefined
  readonly maxHeaderBytes?: number | null | undefined
  readonly checksum?: "verify" | "write" | "require" | undefined
  readonly alignTo?: number | undefined
}

/**
 * Makes a codec for the header of the PROXY protocol.
 *
 * **When to use**
 *
 * For connections from proxies that are known and trusted, and for no others: whoever may send a header may claim any address. The
 * protocol forbids to guess whether there is one, so a stream without is an error.
 *
 * **Shapes**
 *
 * - The decoder gives one header. After it `next` gives nothing, whatever is fed: take the bytes behind the header with `detach`
 *   and feed them to the codec that they belong to. Do so before `end`, which drops them.
 * - Every byte of a line and every field of version 2 is judged as soon as it is there; the length of a line at its 106th byte,
 *   which can only be its CR, and a checksum at the end.
 * - Stricter than the protocol's text in three points of version 1: port 0 is no port, no port begins with a 0, and a line of
 *   `UNKNOWN` holds no CR and no LF before its end. TLVs whose type has no name are kept as they are.
 * - The encoder writes what this decoder gives back as the same header; an IPv6 host comes back as its canonical text.
 *
 * **Errors**
 *
 * - Decoding: `bad_header` with a {@link ProxyReason} as its `reason`; `frame_too_long` over `maxHeaderBytes`, with `size` and
 *   `limit`; `truncated` where EOF comes inside, with `missing` once the length of a version 2 header was read. All are fatal.
 *   EOF before the first byte gives nothing.
 * - Encoding: `bad_header` and `frame_too_long` with a `reason`, and nothing is written.
 * - Throws `InvalidCodecOptions`, which names every wrong option.
 *
 * **Limits**
 *
 * - A decoder holds a header twice while it comes in pieces, and bytes that have come only: never room for what was announced.
 *   What is fed behind the header is held until `detach`.
 *
 * **Example** (The header, then the bytes behind it)
 *
 * ```ts
 * import * as Proxy from "@tidegate/codec/Proxy"
 *
 * const line = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"
 * const decoder = Proxy.make().decoder()
 * decoder.feed(Uint8Array.from(`${line}hello`, (character) => character.charCodeAt(0)))
 *
 * decoder.next() // => { version: 1, command: "proxy", source: { _tag: "Inet", host: "192.0.2.7", port: 56324 }, … }
 * decoder.detach() // => the five bytes of "hello"
 * ```
 *
 * @see {@link tryMake} for options that come from a configuration
 * @category constructors
 * @source proxy-protocol.txt of HAProxy, B86, B87, B88, B89, FF-77, FF-78
 * @since 0.1.0
 */
export const make = (options: ProxyOptions = {}): Codec<ProxyHeader> => {
  const codec = tryMake(options)
  if (codec instanceof InvalidCodecOptions) throw codec
  return codec
}

/**
 * Makes a codec for the header of the PROXY protocol, or returns what is wrong with the options.
 *
 * **When to use**
 *
 * With options that come from a configuration: nothing is thrown, and every wrong key is named at once.
 *
 * **Errors**
 *
 * - Returns `InvalidCodecOptions` for a value that is not allowed, a key that does not exist, and options that only version 2 has
 *   without version 2.
 *
 * @see {@link make} for options that are constants
 * @category constructors
 * @since 0.1.0
 */
export const tryMake = (options: ProxyOptions = {}): Codec<ProxyHeader> | InvalidCodecOptions => {
  const settings = readProxyOptions(options)
  if (settings instanceof InvalidCodecOptions) return settings
  const encoder = makeProxyEncoder(settings)
  return {
    name: "proxy",
    explain: () => explainProxy(settings),
    decoder: () => new ProxyDecoder(settings),
    encoder: () => encoder
  }
}
