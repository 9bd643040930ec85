/**
 * A connection that somebody has forwarded: whose it is, by the PROXY header before it.
 *
 * @since 0.1.0
 */
import type { ProxyAddress, ProxyHeader } from "@tidegate/codec/Proxy"
import { type Address, fromNative, fromUnixPath } from "./Address.ts"
import type { Connection } from "./TransportConnection.ts"

/** What a header says, as far as it counts. */
export interface Proxied {
  readonly header: ProxyHeader
  readonly peer: Address
  readonly local: Address
  /** The peer of the socket, where it is another one than `peer`. */
  readonly via: Address | undefined
}

/**
 * The ends that a header names, or those of the socket where it names none: the balancer's own connections, and those of clients that it
 * cannot or will not tell about.
 *
 * **Shapes**
 *
 * - The ends of datagrams are no ends of this connection either; they can be read in the header.
 *
 * @source FF-78, proxy-protocol.txt §2.1 (UNKNOWN), §2.2 (LOCAL, AF_UNSPEC)
 */
export const proxiedBy = (header: ProxyHeader, { local, remote }: Connection): Proxied => {
  const { destination, source } = header
  const counts = header.command === "proxy" && header.transport === "stream"
  if (!counts || source === undefined || destination === undefined) {
    return { header, peer: remote, local, via: undefined }
  }
  return { header, peer: addressOf(source), local: addressOf(destination), via: remote }
}

/** What an event or a log line adds for a connection that was forwarded. */
export const viaOf = (proxied: Proxied | undefined): { readonly via?: Address } =>
  proxied?.via === undefined ? direct : { via: proxied.via }

const direct = {}

const addressOf = (address: ProxyAddress): Address =>
  address._tag === "Unix" ? fromUnixPath(address.path) : fromNative(address.host, address.port)
