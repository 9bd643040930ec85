/**
 * Who may say whose connection it is: blocks of IP addresses, a thin room over Effect's `IpNetwork`, which is still marked unstable.
 *
 * @since 0.1.0
 */
import * as IpNetwork from "effect/net/IpNetwork"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Address } from "./Address.ts"

/** An entry of the list: a block of addresses, or all peers on Unix domain sockets. */
export type TrustedPeer = IpNetwork.IpNetwork | "unix"

/** What an entry of the list may be, in words. */
export const aTrustedPeer =
  'an IP address, a block of them such as "10.0.0.0/8" or "2001:db8::/32", or "unix" for peers on a Unix domain socket'

/** `undefined` for what is no entry. */
export const trustedPeer = (entry: string): TrustedPeer | undefined => {
  if (entry === "unix") return entry
  const block = entry.includes("/") ? IpNetwork.fromString(entry) : Result.map(NetAddress.ipFromString(entry), alone)
  return Result.isSuccess(block) ? unmapped(block.success) : undefined
}

/** The block that was meant by an address with bits behind its prefix, such as `10.0.0.1/8`; `undefined` for everything else. */
export const blockMeant = (entry: string): string | undefined => {
  const [address = "", prefix = ""] = entry.split("/")
  const ip = NetAddress.ipFromString(address)
  if (!Result.isSuccess(ip) || !/^\d{1,3}$/.test(prefix)) return undefined
  const block = IpNetwork.fromAddress(ip.success, Number(prefix))
  return Result.isSuccess(block) ? IpNetwork.format(block.success) : undefined
}

/** As the list is written down again. */
export const formatTrusted = (trusted: TrustedPeer): string =>
  trusted === "unix" ? trusted : IpNetwork.format(trusted)

export const isTrusted = (list: ReadonlyArray<TrustedPeer>, peer: Address): boolean => {
  if (!NetAddress.isInetAddress(peer)) return list.includes("unix")
  const { address } = peer
  return list.some((trusted) => trusted !== "unix" && IpNetwork.contains(trusted, address))
}

const alone = (ip: NetAddress.IpAddress): IpNetwork.IpNetwork => IpNetwork.makeUnsafe(ip, NetAddress.width(ip))

/**
 * A listener on `::` sees IPv4 peers as `::ffff:a.b.c.d`, and everybody above the seam sees them as IPv4: a block of mapped addresses
 * is the block of IPv4 addresses that it stands for.
 *
 * @source FF-54, RFC 4291 §2.5.5.2
 */
const unmapped = (block: IpNetwork.IpNetwork): IpNetwork.IpNetwork => {
  const { address, prefixLength } = block
  if (!NetAddress.isIpv6Address(address) || prefixLength < mappedPrefix) return block
  const ipv4 = NetAddress.fromIpv4Mapped(address)
  return Option.isSome(ipv4) ? IpNetwork.makeUnsafe(ipv4.value, prefixLength - mappedPrefix) : block
}

const mappedPrefix = 96
