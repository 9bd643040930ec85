/**
 * The interface that an IPv6 address of one link belongs to: `fe80::1%eth0`, or `fe80::1%2` by its number.
 */
import { type NetworkInterfaceInfo, networkInterfaces } from "node:os"
import * as NetAddress from "effect/net/NetAddress"

/**
 * An IP address as libuv has to be given it; `undefined` if it names an interface that this host does not have.
 *
 * libuv takes only names for interfaces, except on Windows, and passes over one that it does not find: the kernel then looks for the
 * address on no interface, or on any.
 *
 * @source libuv, src/uv-common.c: uv_ip6_addr
 */
export const nativeHost = (host: string): string | undefined => {
  const { address } = NetAddress.inetAddressFromIpStringUnsafe(withoutZone(host), 0)
  const text = NetAddress.formatIp(NetAddress.toCanonical(address))
  // Only an address of one link depends on it: RFC 4007, section 6.
  if (!host.includes("%") || !NetAddress.isLinkLocal(address)) return text
  const zone = nativeZone(host.slice(host.indexOf("%") + 1))
  return zone === undefined ? undefined : `${text}%${zone}`
}

/** The addresses of the interface of this name. */
export const addressesOf = (name: string): ReadonlyArray<NetworkInterfaceInfo> =>
  interfaces().find(([other]) => other === name)?.[1] ?? []

const nativeZone = (zone: string): string | undefined => {
  if (process.platform === "win32") return zone
  const isNumber = /^\d+$/.test(zone)
  const found = interfaces().find(([name, addresses]) =>
    isNumber ? addresses.some(({ scopeid }) => scopeid === Number(zone)) : name === zone
  )
  return found?.[0]
}

const interfaces = (): ReadonlyArray<readonly [string, ReadonlyArray<NetworkInterfaceInfo>]> =>
  Object.entries(networkInterfaces()).map(([name, addresses]) => [name, addresses ?? []])

const withoutZone = (host: string): string => host.split("%")[0] ?? host
