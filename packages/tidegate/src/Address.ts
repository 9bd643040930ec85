/**
 * Both ends of a connection, as values: a thin room over Effect's `NetAddress`, which is still marked unstable.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"

/**
 * A peer or local address: IPv4, IPv6 or a Unix path.
 *
 * **Shapes**
 *
 * - A Unix path that begins with a NUL character is an abstract name; an empty one is a socket without a name, as the client's
 *   end of a Unix connection usually is.
 *
 * @category models
 * @source unix(7)
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
export interface InetEndpoint {
  readonly host: string
  readonly port: number
}

/**
 * Where to listen or dial on this machine: a Unix domain socket.
 *
 * **Shapes**
 *
 * - `path`: of the socket file. One that begins with a NUL character is a name in Linux's abstract namespace, without a file.
 * - `mode`: permissions that a listener gives the file, such as `0o660`; by default what the umask leaves. Not for dialling.
 *
 * @category models
 * @source unix(7), S83, FF-58
 * @since 0.1.0
 */
export interface UnixEndpoint {
  readonly path: string
  readonly mode?: number | undefined
}

/**
 * Where to listen: a socket that somebody else has bound, such as a process manager, and that this process has inherited.
 *
 * @category models
 * @source sd_listen_fds(3), S119
 * @since 0.1.0
 */
export interface InheritedEndpoint {
  readonly fd: number
}

/**
 * Where to listen; all but {@link InheritedEndpoint} can be dialled too.
 *
 * @category models
 * @since 0.1.0
 */
export type Endpoint = InetEndpoint | UnixEndpoint | InheritedEndpoint

/**
 * Tells an {@link InetEndpoint} from the others.
 *
 * @category guards
 * @since 0.1.0
 */
export const isInetEndpoint = (endpoint: Endpoint): endpoint is InetEndpoint => "port" in endpoint

/**
 * Tells a {@link UnixEndpoint} from the others.
 *
 * @category guards
 * @since 0.1.0
 */
export const isUnixEndpoint = (endpoint: Endpoint): endpoint is UnixEndpoint => "path" in endpoint

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
 * Builds the address of a Unix domain socket.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromUnixPath = (path: string): Address => NetAddress.unixPathAddress(path)

/**
 * Prints an address without a scheme: `127.0.0.1:80`, `[::1]:80`, `/run/app.sock`, `@app` for an abstract name, `unnamed`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const format = (address: Address): string =>
  NetAddress.isUnixPathAddress(address) ? printable(address.path) : NetAddress.formatSocketAddress(address)

/**
 * Prints an address as a URL: `tcp://127.0.0.1:80`, `tcp://[::1]:80`, `unix:///run/app.sock`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatUrl = (address: Address): string =>
  `${NetAddress.isUnixPathAddress(address) ? "unix" : "tcp"}://${format(address)}`

/** Abstract names as netstat(8) and systemd print them: a NUL character would cut the line in many a viewer. */
const printable = (path: string): string => {
  if (path === "") return "unnamed"
  return path.startsWith("\0") ? `@${path.slice(1)}` : path
}

/**
 * Prints an endpoint that was asked for and may not exist yet.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatEndpoint = (endpoint: Endpoint): string => {
  if (isUnixEndpoint(endpoint)) return printable(endpoint.path)
  if (!isInetEndpoint(endpoint)) return `fd ${endpoint.fd}`
  return endpoint.host.includes(":") ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`
}

/**
 * The port of an internet address, or `undefined` for a Unix path.
 *
 * @category getters
 * @since 0.1.0
 */
export const portOf = (address: Address): number | undefined =>
  NetAddress.isInetAddress(address) ? address.port : undefined
