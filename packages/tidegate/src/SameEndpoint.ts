/**
 * Whether a server that is to move listens there already.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import { type Address, type Endpoint, format, isUnixEndpoint } from "./Address.ts"
import { EndpointOverlap, type TransportError } from "./Errors.ts"
import type { Transport } from "./Transport.ts"

/** Where a server listens: what it had asked for, and what it got. */
export interface Bound {
  readonly asked: Endpoint
  readonly address: Address
}

/**
 * True if the socket that is bound already is what is asked for. Decided on addresses with names looked up and paths made whole, not
 * on what was written. Who asks for any port, which is 0, is content with the one that there is.
 *
 * **Errors**
 *
 * - `EndpointOverlap`: one of the two takes the connections of the other, on the same port.
 * - `TransportError` with operation `listen`: the name cannot be looked up.
 *
 * @source S31
 */
export const isSame = (
  transport: Transport["Service"],
  wanted: Endpoint,
  bound: Bound
): Effect.Effect<boolean, TransportError | EndpointOverlap> => {
  // Nothing tells which address a descriptor has, but one number is one socket.
  if ("fd" in wanted) return Effect.succeed("fd" in bound.asked && bound.asked.fd === wanted.fd)
  if (isUnixEndpoint(wanted) && isUnixEndpoint(bound.asked) && wanted.path === bound.asked.path) {
    return Effect.succeed(true)
  }
  return Effect.flatMap(transport.resolve(wanted), (resolved) => compared(resolved, bound))
}

const compared = (resolved: Address, { address }: Bound): Effect.Effect<boolean, EndpointOverlap> => {
  if (!NetAddress.isInetAddress(resolved) || !NetAddress.isInetAddress(address)) {
    return Effect.succeed(format(resolved) === format(address))
  }
  if (resolved.port !== 0 && resolved.port !== address.port) return Effect.succeed(false)
  if (NetAddress.formatIp(resolved.address) === NetAddress.formatIp(address.address)) return Effect.succeed(true)
  const overlap = resolved.port !== 0 && (covers(resolved, address) || covers(address, resolved))
  return overlap
    ? Effect.fail(new EndpointOverlap({ wanted: format(resolved), bound: format(address) }))
    : Effect.succeed(false)
}

/** `::` takes IPv4 too, where it is bound without IPV6_V6ONLY, as every transport here does. */
const covers = (wildcard: NetAddress.InetAddress, other: NetAddress.InetAddress): boolean =>
  NetAddress.isUnspecified(wildcard.address) &&
  (NetAddress.isInetAddressV6(wildcard) || NetAddress.isInetAddressV4(other))
