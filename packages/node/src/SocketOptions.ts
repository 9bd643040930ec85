/**
 * The options of a connection in Node's terms.
 */
import * as Duration from "effect/Duration"
import type { Endpoint } from "tidegate/Address"
import { formatEndpoint } from "tidegate/Address"
import { type Operation, type TransportError, transportError } from "tidegate/Errors"
import type { SocketOptions } from "tidegate/Transport"

/** What `net.createServer` and `net.connect` have in common. */
export interface NodeSocketOptions {
  readonly allowHalfOpen: true
  readonly noDelay: boolean
  readonly keepAlive: boolean
  readonly keepAliveInitialDelay: number
}

/** The kernel counts the delay in whole seconds and refuses more than this: tcp(7), TCP_KEEPIDLE. */
const maxKeepAliveSeconds = 32_767

export const nodeSocketOptions = (options: SocketOptions): NodeSocketOptions => {
  const delay = Duration.toMillis(options.keepAliveDelay ?? "60 seconds")
  const seconds = Math.min(Math.max(Math.ceil(delay / 1000), 1), maxKeepAliveSeconds)
  return {
    allowHalfOpen: true,
    noDelay: options.noDelay ?? true,
    keepAlive: Number.isFinite(delay),
    keepAliveInitialDelay: seconds * 1000
  }
}

/** The error of an endpoint that Node would refuse by throwing, or take for another one. */
export const endpointRefusal = (operation: Operation, endpoint: Endpoint): TransportError | undefined => {
  const { host, port } = endpoint
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return transportError(operation, "ERR_SOCKET_BAD_PORT", formatEndpoint(endpoint))
  }
  // Node takes an empty name for all interfaces.
  return host === "" ? transportError(operation, "EINVAL", formatEndpoint(endpoint)) : undefined
}
