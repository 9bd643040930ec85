/**
 * Both ends of a connection, as values: a thin room over Effect's `NetAddress`, which is still marked unstable.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"

/**
 * A peer or local address: IPv4, IPv6 or a Unix path.
 *
 * @category models
 * @since 0.1.0
 */
export type Address = NetAddress.SocketAddress

/**
 * Where to listen or dial: a name or IP address and a port.
 *
 * **Shapes**
 *
 * - `host`: `127.0.0.1`, `::1`, `::` (all IPv6 and IPv4 addresses) or a name. `localhost` may be one of two addresses;
 *   prefer the address you mean.
 * - `port`: 0…65535; listening on 0 takes any free port, and the listener's address shows which.
 *
 * @category models
 * @source S81, S121, FF-54, FF-55
 * @since 0.1.0
 */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/**
 * Builds an address from what an operating system reports, with IPv4-mapped IPv6 addresses turned into IPv4.
 *
 * **Shapes**
 *
 * - A zone (`fe80::1%eth0`) is dropped: it names an interface of this host, not the peer.
 *
 * @category constructors
 * @source FF-54: a listener on `::` sees IPv4 peers as `::ffff:a.b.c.d`, and allow-lists then miss them
 * @since 0.1.0
 */
export const fromNative = (host: string, port: number): Address => {
  const zone = host.indexOf("%")
  const ip = NetAddress.ipFromStringUnsafe(zone < 0 ? host : host.slice(0, zone))
  return NetAddress.inetAddressUnsafe(NetAddress.toCanonical(ip), port)
}

/**
 * Prints an address without a scheme: `127.0.0.1:80`, `[::1]:80`, `/run/app.sock`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (address: Address): string => NetAddress.formatSocketAddress(address)

/**
 * Prints an address as a URL: `tcp://127.0.0.1:80`, `tcp://[::1]:80`, `unix:///run/app.sock`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatUrl = (address: Address): string =>
  NetAddress.isUnixPathAddress(address) ? NetAddress.formatUnixPath(address) : `tcp://${format(address)}`

/**
 * Prints an endpoint that was asked for and may not exist yet.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatEndpoint = (endpoint: Endpoint): string =>
  endpoint.host.includes(":") ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`

/**
 * The port of an internet address, or `undefined` for a Unix path.
 *
 * @category getters
 * @since 0.1.0
 */
export const portOf = (address: Address): number | undefined =>
  NetAddress.isInetAddress(address) ? address.port : undefined
