/**
 * Both ends of a connection, as Node reports them.
 */
import { type Address, fromNative } from "tidegate/Address"

/** An address as Node reports it, parsed only when somebody asks. */
export interface NativeAddress {
  readonly host: string
  readonly port: number
}

/** Both ends of a connection. */
export interface Ends {
  readonly local: Address | NativeAddress
  readonly remote: Address | NativeAddress
}

export const parsed = (address: Address | NativeAddress): Address =>
  "host" in address ? fromNative(address.host, address.port) : address
