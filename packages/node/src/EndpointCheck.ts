/**
 * Endpoints that cannot be, told apart before Node sees them: it would throw, hang, or take them for others.
 */
import { randomBytes } from "node:crypto"
import { dirname, join, resolve } from "node:path"
import { type Endpoint, formatEndpoint, isInetEndpoint, isUnixEndpoint, type UnixEndpoint } from "tidegate/Address"
import { type Operation, type TransportError, transportError } from "tidegate/Errors"

/**
 * Bytes that the path of a Unix socket may have: `sun_path`, less the NUL at the end of a path in the file system.
 *
 * @source unix(7): 108 on Linux; unix(4): 104 on macOS and the BSDs
 */
const maxPathBytes = process.platform === "linux" ? 107 : 103

/** A name of our own in the directory of a socket file, in which it is prepared. */
export const temporaryBeside = (path: string): string => join(dirname(path), `.tg-${randomBytes(3).toString("hex")}`)

/** The error of an endpoint that cannot be used. */
export const refusalOf = (operation: Operation, endpoint: Endpoint): TransportError | undefined => {
  const code = isInetEndpoint(endpoint)
    ? inetCode(endpoint.host, endpoint.port)
    : isUnixEndpoint(endpoint)
      ? pathCode(operation, endpoint)
      : descriptorCode(endpoint.fd)
  return code === undefined ? undefined : transportError(operation, code, formatEndpoint(endpoint))
}

const inetCode = (host: string, port: number): string | undefined => {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return "ERR_SOCKET_BAD_PORT"
  // Node takes an empty name for all interfaces.
  return host === "" ? "EINVAL" : undefined
}

const pathCode = (operation: Operation, { mode, path }: UnixEndpoint): string | undefined => {
  if (path === "") return "EINVAL"
  if (mode !== undefined && !isMode(mode)) return "EINVAL"
  if (isAbstract(path)) return abstractCode(path, mode)
  if (path.includes("\0")) return "EINVAL"
  const absolute = socketPath(path)
  const bound = operation === "listen" ? [absolute, temporaryBeside(absolute)] : [absolute]
  return bound.some((name) => Buffer.byteLength(name) > maxPathBytes) ? "ENAMETOOLONG" : undefined
}

/** There is no file whose mode could be set, and no NUL after the name. */
const abstractCode = (path: string, mode: number | undefined): string | undefined => {
  if (process.platform !== "linux") return "ENOTSUP"
  if (mode !== undefined) return "EINVAL"
  return Buffer.byteLength(path) > maxPathBytes + 1 ? "ENAMETOOLONG" : undefined
}

const isMode = (mode: number): boolean => Number.isInteger(mode) && mode >= 0 && mode <= 0o777

const descriptorCode = (fd: number): string | undefined => (Number.isInteger(fd) && fd >= 0 ? undefined : "EBADF")

/** A name in Linux's abstract namespace, without a file. */
export const isAbstract = (path: string): boolean => path.startsWith("\0")

/** The path that is bound or dialled: it must not depend on where the process goes later. */
export const socketPath = (path: string): string => (isAbstract(path) ? path : resolve(path))
