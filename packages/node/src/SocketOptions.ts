/**
 * The options of a connection in Node's terms.
 */
import type * as Net from "node:net"
import * as Duration from "effect/Duration"
import type { SocketOptions } from "tidegate/Transport"

/** What a connection is given when it begins. */
export interface NodeSocketOptions {
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
    noDelay: options.noDelay ?? true,
    keepAlive: Number.isFinite(delay),
    keepAliveInitialDelay: seconds * 1000
  }
}

/** A socket without these options, such as a Unix one, is left as it is. */
export const applyTo = (socket: Net.Socket, options: NodeSocketOptions): void => {
  if (options.noDelay) socket.setNoDelay(true)
  if (options.keepAlive) socket.setKeepAlive(true, options.keepAliveInitialDelay)
}
