/**
 * Listening once more where it was listened before.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import { type Address, isInetEndpoint } from "./Address.ts"
import type { ListenOptions } from "./Transport.ts"

/**
 * The options that bind the same address again: with the port that was got where any was asked for, and with the address that a name
 * stood for, which may be another one by now.
 */
export const listenAgain = (asked: ListenOptions, bound: Address): ListenOptions => {
  if (!isInetEndpoint(asked) || !NetAddress.isInetAddress(bound)) return asked
  return { ...asked, host: isIp(asked.host) ? asked.host : NetAddress.formatIp(bound.address), port: bound.port }
}

/** As it was written, since a zone (`fe80::1%eth0`) is needed for binding and no part of an address. */
const isIp = (host: string): boolean => Result.isSuccess(NetAddress.ipFromString(host.replace(/%.*$/, "")))
