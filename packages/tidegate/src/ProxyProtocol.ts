/**
 * Connections that a balancer forwards with a PROXY header before them: whose headers count, as an option and as a rule.
 *
 * @since 0.1.0
 */
import type { Decoder } from "@tidegate/codec/Codec"
import { isInvalidCodecOptions } from "@tidegate/codec/InvalidCodecOptions"
import { make, type ProxyHeader, type ProxyOptions, tryMake } from "@tidegate/codec/Proxy"
import type { Address } from "./Address.ts"
import { print } from "./OptionChecks.ts"
import { aTrustedPeer, blockMeant, formatTrusted, isTrusted, type TrustedPeer, trustedPeer } from "./TrustedPeers.ts"

/**
 * The PROXY protocol as a server takes it: every connection begins with a header, and only these peers may send one.
 *
 * **When to use**
 *
 * Behind a balancer that forwards TCP connections and hides who they are from: HAProxy's `send-proxy-v2`, nginx's `proxy_protocol on`, an
 * AWS Network Load Balancer. Not on an address that clients can also dial themselves.
 *
 * **Shapes**
 *
 * - `trusted`: the balancers: IP addresses, blocks of them, or `"unix"` for peers on a Unix domain socket. At least one. An IPv4 block
 *   also holds the IPv4 peers of a listener on `::`.
 * - `versions`: which headers are taken: `"both"` (default), `"1"` (text) or `"2"` (binary).
 * - `maxHeaderBytes`: the largest header; default 536. A header of version 2 that announces more is refused before it has come.
 * - `checksum`: `"verify"` (default): one that is there has to be right. `"require"`: there has to be one, but in a `LOCAL` header;
 *   needs `versions: "2"`.
 *
 * **Limits**
 *
 * - There is no detection: a peer that is not in the list is reset at accept, whatever it sends, and one that is in the list is reset
 *   if it does not begin with a valid header. `handshakeTimeout` and `maxHandshaking` bound how long that may take and for how many.
 *
 * @category options
 * @source FF-76, B91, proxy-protocol.txt §2
 * @since 0.1.0
 */
export interface ProxyProtocolOptions {
  readonly trusted: ReadonlyArray<string>
  readonly versions?: "1" | "2" | "both" | undefined
  readonly maxHeaderBytes?: number | undefined
  readonly checksum?: "verify" | "require" | undefined
}

/** What comes before a connection's own bytes, and from whom. */
export interface ProxyRule {
  readonly trusts: (peer: Address) => boolean
  /** For one connection. */
  readonly decoder: () => Decoder<ProxyHeader>
  /** Two rules with the same text are the same. */
  readonly text: string
}

/** What is wrong with the option, one line for each key. */
export const proxyIssues = (options: unknown): ReadonlyArray<string> => {
  if (options === undefined) return []
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return [`proxyProtocol: got ${print(options)}, expected an object with trusted`]
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key))
  return [
    ...unknown.map((key) => `proxyProtocol.${key}: unknown option, known are ${known.join(", ")}`),
    ...trustedIssues(Reflect.get(options, "trusted")),
    ...codecIssues(options)
  ]
}

const known = ["trusted", "versions", "maxHeaderBytes", "checksum"]

/** The codec's own checks; `checksum` is another option here, since a server writes no header. */
const codecIssues = ({ checksum, maxHeaderBytes, versions }: Unchecked): ReadonlyArray<string> => {
  const codec = tryMake({ maxHeaderBytes, versions } as ProxyOptions)
  const invalid = isInvalidCodecOptions(codec) ? codec.invalid : []
  const lines = invalid.map(
    ({ allowed, key, value }) => `proxyProtocol.${key}: got ${print(value)}, expected ${allowed}`
  )
  const isRequired = checksum === "require"
  if (checksum !== undefined && checksum !== "verify" && !isRequired) {
    lines.push(`proxyProtocol.checksum: got ${print(checksum)}, expected "verify" or "require"`)
  } else if (isRequired && versions !== "2") {
    lines.push('proxyProtocol.checksum: got "require", expected "verify", or versions: "2": others have no checksum')
  }
  return lines
}

type Unchecked = { readonly [K in keyof ProxyProtocolOptions]?: unknown }

const codecOptions = ({ checksum, maxHeaderBytes, versions }: ProxyProtocolOptions): ProxyOptions => ({
  checksum,
  maxHeaderBytes,
  versions
})

const trustedIssues = (list: unknown): ReadonlyArray<string> => {
  if (!Array.isArray(list) || list.length === 0) {
    const got = Array.isArray(list) ? "an empty list" : print(list)
    return [`proxyProtocol.trusted: got ${got}, expected a list with at least one entry: ${aTrustedPeer}`]
  }
  return list.flatMap((entry: unknown, at) => {
    if (typeof entry === "string" && trustedPeer(entry) !== undefined) return []
    const meant = typeof entry === "string" ? blockMeant(entry) : undefined
    const hint = meant === undefined ? "" : `; with no bit behind its prefix it would be ${JSON.stringify(meant)}`
    return [`proxyProtocol.trusted[${at}]: got ${print(entry)}, expected ${aTrustedPeer}${hint}`]
  })
}

/** The option was checked before. */
export const proxyRule = (options: ProxyProtocolOptions | undefined): ProxyRule | undefined => {
  if (options === undefined) return undefined
  const trusted = options.trusted.map(trustedPeer).filter((entry): entry is TrustedPeer => entry !== undefined)
  const codec = make(codecOptions(options))
  return {
    trusts: (peer) => isTrusted(trusted, peer),
    decoder: () => codec.decoder(),
    text: `${trusted.map(formatTrusted).sort().join(", ")}: ${codec.explain()}`
  }
}
