/**
 * Where a dial goes and where it comes from, the same way for every transport.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import { type Address, type Endpoint, formatEndpoint } from "./Address.ts"
import { type TransportError, transportError } from "./Errors.ts"

/**
 * Where a dial is about to go.
 *
 * **Shapes**
 *
 * - `network`: `tcp4`, `tcp6` or `unix`, as `address` says. `address`: the one that names were resolved to.
 *
 * @category models
 * @source S95
 * @since 0.1.0
 */
export interface DialTarget {
  readonly network: "tcp4" | "tcp6" | "unix"
  readonly address: Address
}

/**
 * Says of an address what a dial there goes over.
 *
 * @category constructors
 * @since 0.1.0
 */
export const dialTargetOf = (address: Address): DialTarget => ({
  network: NetAddress.isUnixPathAddress(address) ? "unix" : NetAddress.isInetAddressV4(address) ? "tcp4" : "tcp6",
  address
})

/**
 * Prints a dial: the endpoint that was asked for, and where it comes from if that was asked for too.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatDial = (to: Endpoint, localAddress: string | undefined): string =>
  localAddress === undefined ? formatEndpoint(to) : `${formatEndpoint(to)} from ${localAddress}`

/**
 * The error of a dial that cannot come from its `localAddress`: that is no IP address (`ERR_INVALID_IP_ADDRESS`), or one of another
 * family than the address that is dialled (`ERR_INVALID_ADDRESS_FAMILY`).
 *
 * @category constructors
 * @since 0.1.0
 */
export const localAddressRefusal = (
  to: Endpoint,
  { address }: DialTarget,
  localAddress: string | undefined
): TransportError | undefined => {
  if (localAddress === undefined) return undefined
  const refusal = (code: string): TransportError => transportError("dial", code, formatDial(to, localAddress))
  const local = ipOf(localAddress)
  if (local === undefined) return refusal("ERR_INVALID_IP_ADDRESS")
  const isOfOneFamily = NetAddress.isInetAddress(address) && address.address._tag === local._tag
  return isOfOneFamily ? undefined : refusal("ERR_INVALID_ADDRESS_FAMILY")
}

/** A zone says by which interface, which only an IPv6 address can. */
const ipOf = (host: string): NetAddress.IpAddress | undefined => {
  const zone = host.indexOf("%")
  const parsed = zone > 0 ? NetAddress.ipv6FromString(host.slice(0, zone)) : NetAddress.ipFromString(host)
  return Result.isSuccess(parsed) ? parsed.success : undefined
}
