/**
 * Both ends of a connection, as Node reports them.
 */
import { type Address, fromNative } from "tidegate/Address"

/** An address as Node reports it, parsed only when somebody asks. */
export interface NativeAddress {
  readonly host: string
  readonly port: number
}

/** Both ends of a connection; `undefined`: the socket knows it, also when it is closed, once it was asked for it. */
export interface Ends {
  readonly local: Address | NativeAddress
  readonly remote: Address | undefined
}

export const parsed = (address: Address | NativeAddress): Address =>
  "host" in address ? fromNative(address.host, address.port) : address

/** In front of the address of an IPv4 peer, on a socket that takes both families. */
const mappedPrefix = "::ffff:"

/** The IPv4 address that Node reports, as the kernel prints it, whatever family its socket is of. */
export const ipv4Of = (host: string): string | undefined => {
  if (!host.includes(":")) return host
  return host.startsWith(mappedPrefix) && host.includes(".") ? host.slice(mappedPrefix.length) : undefined
}
