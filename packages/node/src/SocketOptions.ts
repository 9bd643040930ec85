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

/** What a listening socket has of a handle: none of Node's promises, so it is asked for. */
interface ListeningHandle {
  readonly setNoDelay?: (on: boolean) => number
  readonly setKeepAlive?: (on: boolean, seconds: number) => number
}

/**
 * Sets the options on a listening socket, from which the accepted ones have them on Linux: two calls for all of them, instead of five
 * for each. False: they have to be set on each.
 *
 * @source tcp(7), socket(7); in a profile on Linux 6, 6 % of a connection that sends one line
 */
export const inheritFrom = (server: Net.Server, options: NodeSocketOptions): boolean => {
  if (process.platform !== "linux") return false
  const handle = "_handle" in server ? (server._handle as ListeningHandle | null) : null
  if (typeof handle?.setNoDelay !== "function" || typeof handle.setKeepAlive !== "function") return false
  const seconds = options.keepAliveInitialDelay / 1000
  return handle.setNoDelay(options.noDelay) === 0 && handle.setKeepAlive(options.keepAlive, seconds) === 0
}

/**
 * A socket without these options, such as a Unix one, is left as it is. One that was accepted may have inherited what held before, of
 * which Node knows nothing: it switches off only what it has switched on.
 */
export const applyTo = (socket: Net.Socket, options: NodeSocketOptions): void => {
  socket.setNoDelay(true)
  if (!options.noDelay) socket.setNoDelay(false)
  socket.setKeepAlive(true, options.keepAliveInitialDelay)
  if (!options.keepAlive) socket.setKeepAlive(false)
}

export const sameOptions = (one: NodeSocketOptions, other: NodeSocketOptions): boolean =>
  one.noDelay === other.noDelay &&
  one.keepAlive === other.keepAlive &&
  one.keepAliveInitialDelay === other.keepAliveInitialDelay
