/**
 * What node:net makes of an errno name of a connection.
 *
 * @since 0.1.0
 */
import type { CloseReason } from "tidegate/TransportConnection"
import { badOption } from "../BadOption.ts"

const again = new Set(["EAGAIN", "EWOULDBLOCK", "EINTR"])

/**
 * The read is tried again, and nobody hears of it.
 *
 * @category predicates
 * @source libuv, src/unix/stream.c: uv__read
 * @since 0.1.0
 */
export const isReadAgain = (code: string): boolean => again.has(code)

/**
 * The write is tried again, and nobody hears of it.
 *
 * @category predicates
 * @source libuv, src/unix/stream.c: IS_TRANSIENT_WRITE_ERROR
 * @since 0.1.0
 */
export const isWrittenAgain = (code: string): boolean => again.has(code) || code === "ENOBUFS"

const byPeer = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"])

/** A kernel that gives up sending again reports the last ICMP message instead of ETIMEDOUT if there was one. */
const byTime = new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"])

/**
 * Why a connection is over that has failed with this code.
 *
 * @category getters
 * @source ip(7), tcp(7)
 * @since 0.1.0
 */
export const closeReasonOf = (code: string): CloseReason =>
  byPeer.has(code) ? "reset-received" : byTime.has(code) ? "timeout" : "failed"

/**
 * The value, if it can be the name of an errno; `besides` says what else is allowed.
 *
 * **Errors**
 *
 * - Throws `InvalidOptions` for any other text.
 *
 * @category constructors
 * @since 0.1.0
 */
export const errnoName = (key: string, value: string, besides = ""): string => {
  if (/^E[A-Z0-9_]+$/.test(value)) return value
  throw badOption(key, value, `${besides}an errno name such as ECONNRESET`)
}
