/**
 * What a dial is asked for, and the addresses that it may lead to.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import {
  type Address,
  formatEndpoint,
  fromNative,
  fromUnixPath,
  type InetEndpoint,
  isInetEndpoint,
  type UnixEndpoint
} from "./Address.ts"

/**
 * One place to dial.
 *
 * @category models
 * @since 0.1.0
 */
export type DialEndpoint = InetEndpoint | Omit<UnixEndpoint, "mode">

/**
 * Where to dial: one endpoint, or several that lead to the same thing.
 *
 * **Shapes**
 *
 * - A name is looked up, and every address that it has may be tried; an IP address is dialled as it stands, with its zone.
 * - A list is one target with several addresses: they are tried as those of a name are, beginning with the first. All names in it are
 *   looked up at the same time, and waited for; for endpoints that are not to wait for each other there is `race`.
 *
 * @category models
 * @source RFC 8305 §4
 * @since 0.1.0
 */
export type Target = DialEndpoint | ReadonlyArray<DialEndpoint>

/** An address that may be dialled, and how a transport is asked for it. */
export interface Candidate {
  readonly endpoint: DialEndpoint
  readonly address: Address
}

export const endpointsOf = (target: Target): ReadonlyArray<DialEndpoint> => ("length" in target ? target : [target])

/** Prints a target: its endpoints. */
export const formatTarget = (target: Target): string => endpointsOf(target).map(formatEndpoint).join(", ")

/** The candidate that an address or a path is; a name stays an endpoint, to be looked up. */
export const literalOf = (endpoint: DialEndpoint): Candidate | InetEndpoint => {
  if (!isInetEndpoint(endpoint)) return { endpoint, address: fromUnixPath(endpoint.path) }
  if (ipOf(endpoint.host) === undefined) return endpoint
  return { endpoint, address: fromNative(endpoint.host, endpoint.port) }
}

/** An address that a look-up gave, with the port that was asked for. */
export const candidateOf = (found: NetAddress.InetAddress, port: number): Candidate => ({
  endpoint: { host: NetAddress.formatHost(found), port },
  address: NetAddress.inetAddressUnsafe(NetAddress.toCanonical(found.address), port)
})

/** `IPv4`, `IPv6` or, for a path, `Unix`. */
export const familyOf = ({ address }: Candidate): string =>
  NetAddress.isInetAddress(address) ? NetAddress.familyOf(address) : "Unix"

/** The IP address that stands there, without its zone; `undefined` for a name. */
export const ipOf = (host: string): NetAddress.IpAddress | undefined => {
  const zone = host.indexOf("%")
  const parsed = zone > 0 ? NetAddress.ipv6FromString(host.slice(0, zone)) : NetAddress.ipFromString(host)
  return Result.isSuccess(parsed) ? NetAddress.toCanonical(parsed.success) : undefined
}
