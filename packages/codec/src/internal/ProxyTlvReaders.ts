/**
 * What the usual type-length-value fields say.
 *
 * @since 0.1.0
 */
import type { Decoded } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import type { ProxyHeader, ProxySsl, ProxyTlv } from "../Proxy.ts"
import { viewOf } from "./ByteView.ts"
import { faultError, ProxyFault } from "./ProxyFault.ts"
import { tlvHeaderBytes, tlvType } from "./ProxyTlvs.ts"
import { decodeUtf8, firstInvalidByte } from "./Utf8.ts"
import { bytes } from "./Words.ts"

/** Where the sub-TLVs of an `ssl` value begin, behind one byte of flags and four of the result of the verification. */
const sslFixedBytes = 5

/**
 * The value of the first TLV of a type; `undefined`: there is none.
 *
 * @category tlvs
 * @since 0.1.0
 */
export const tlvValue = (header: ProxyHeader, type: number): Uint8Array | undefined =>
  header.tlvs.find((tlv) => tlv.type === type)?.value

const refused = (message: string): FrameError =>
  faultError(new ProxyFault("tlv", message), { position: 0, fatal: false })

const text = (tlvs: ReadonlyArray<ProxyTlv>, type: number, name: string): Decoded<string> | undefined => {
  const value = tlvs.find((tlv) => tlv.type === type)?.value
  if (value === undefined) return undefined
  const decoded = decodeUtf8(value)
  return decoded ?? refused(`the ${name} is not UTF-8 at byte ${firstInvalidByte(value)} of its value`)
}

/**
 * The protocol that the client and the proxy agreed on by ALPN, such as `h2`.
 *
 * @category tlvs
 * @source RFC 7301
 * @since 0.1.0
 */
export const alpn = (header: ProxyHeader): Decoded<string> | undefined => text(header.tlvs, tlvType.alpn, "ALPN value")

/**
 * The host name that the client asked for, such as that of SNI.
 *
 * @category tlvs
 * @since 0.1.0
 */
export const authority = (header: ProxyHeader): Decoded<string> | undefined =>
  text(header.tlvs, tlvType.authority, "authority")

/**
 * The id that the first proxy gave the connection: 128 bytes at most, of any kind.
 *
 * @category tlvs
 * @since 0.1.0
 */
export const uniqueId = (header: ProxyHeader): Uint8Array | undefined => tlvValue(header, tlvType.uniqueId)

/**
 * The name of the network namespace that the connection came from.
 *
 * @category tlvs
 * @since 0.1.0
 */
export const netns = (header: ProxyHeader): Decoded<string> | undefined => text(header.tlvs, tlvType.netns, "namespace")

/**
 * What the proxy says about the client's TLS.
 *
 * **Errors**
 *
 * - A {@link FrameError} where the proxy sent something that cannot be read: treat the client as one that was not verified.
 *
 * @category tlvs
 * @source proxy-protocol.txt, section 2.2.6
 * @since 0.1.0
 */
export const ssl = (header: ProxyHeader): Decoded<ProxySsl> | undefined => {
  const value = tlvValue(header, tlvType.ssl)
  if (value === undefined) return undefined
  if (value.length < sslFixedBytes) {
    return refused(`the SSL value has ${bytes(value.length)}, allowed: ${sslFixedBytes} or more`)
  }
  const tlvs = subTlvs(value)
  if (tlvs instanceof ProxyFault) return refused(tlvs.message)
  const unreadable = tlvs.find((tlv) => sslTexts.has(tlv.type) && firstInvalidByte(tlv.value) !== -1)
  return unreadable === undefined
    ? sslOf(value, tlvs)
    : refused(`inside of the SSL value, the TLV of type ${hex(unreadable.type)} is not UTF-8`)
}

const sslTexts: ReadonlySet<number> = new Set([
  tlvType.sslVersion,
  tlvType.sslCommonName,
  tlvType.sslCipher,
  tlvType.sslSignatureAlgorithm,
  tlvType.sslKeyAlgorithm
])

const sslOf = (value: Uint8Array, tlvs: ReadonlyArray<ProxyTlv>): ProxySsl => {
  const [flags = 0, a = 0, b = 0, c = 0, d = 0] = value
  const verifyResult = ((a * 256 + b) * 256 + c) * 256 + d
  const hasCertificate = (flags & 6) !== 0
  const textOf = (type: number): string | undefined => {
    const found = tlvs.find((tlv) => tlv.type === type)
    return found && decodeUtf8(found.value)
  }
  return {
    isTls: (flags & 1) !== 0,
    certificateOnConnection: (flags & 2) !== 0,
    certificateInSession: (flags & 4) !== 0,
    verifyResult,
    isVerified: hasCertificate && verifyResult === 0,
    version: textOf(tlvType.sslVersion),
    commonName: textOf(tlvType.sslCommonName),
    cipher: textOf(tlvType.sslCipher),
    signatureAlgorithm: textOf(tlvType.sslSignatureAlgorithm),
    keyAlgorithm: textOf(tlvType.sslKeyAlgorithm),
    tlvs
  }
}

const subTlvs = (value: Uint8Array): ReadonlyArray<ProxyTlv> | ProxyFault => {
  const tlvs: Array<ProxyTlv> = []
  let at = sslFixedBytes
  while (at < value.length) {
    const start = at + tlvHeaderBytes
    const end = start + (value[at + 1] ?? 0) * 256 + (value[at + 2] ?? 0)
    if (end > value.length) {
      return new ProxyFault(
        "tlv",
        `the TLV at byte ${at} of the SSL value goes on behind its end at byte ${value.length}`
      )
    }
    tlvs.push({ type: value[at] ?? 0, value: viewOf(value, start, end) })
    at = end
  }
  return tlvs
}

const hex = (type: number): string => `0x${type.toString(16).padStart(2, "0")}`
