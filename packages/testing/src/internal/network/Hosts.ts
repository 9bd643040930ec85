/**
 * Names, addresses and ports of the simulated network.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import { type Address, type Endpoint, formatEndpoint, isInetEndpoint } from "tidegate/Address"
import { type Operation, type TransportError, transportError } from "tidegate/Errors"
import { badOption } from "../BadOption.ts"

/**
 * An IP address and a port, both known.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resolved {
  readonly ip: NetAddress.IpAddress
  readonly port: number
}

/**
 * Names → addresses, and the addresses that exist.
 *
 * @category models
 * @since 0.1.0
 */
export class Hosts {
  private readonly names = new Map<string, NetAddress.IpAddress>([["localhost", NetAddress.ipv4Loopback]])
  private readonly addresses = new Set<string>()

  constructor(hosts: Readonly<Record<string, string>>) {
    for (const [name, address] of Object.entries(hosts)) {
      const ip = parse(address)
      if (ip === undefined) throw badOption(`hosts.${name}`, address, "an IPv4 or IPv6 address")
      this.names.set(name, ip)
      this.addresses.add(NetAddress.formatIp(ip))
    }
  }

  /**
   * The address behind a name or literal; ENOTFOUND for an unknown name, EINVAL for a port that is none, ENOTSUP for what is no
   * internet address.
   */
  resolve(operation: Operation, endpoint: Endpoint): Resolved | TransportError {
    if (!isInetEndpoint(endpoint)) return transportError(operation, "ENOTSUP", formatEndpoint(endpoint))
    if (!Number.isInteger(endpoint.port) || endpoint.port < 0 || endpoint.port > 65_535) {
      return transportError(operation, "EINVAL", formatEndpoint(endpoint))
    }
    const ip = parse(endpoint.host) ?? this.names.get(endpoint.host)
    return ip === undefined
      ? transportError(operation, "ENOTFOUND", formatEndpoint(endpoint))
      : { ip, port: endpoint.port }
  }

  /** A listener may be bound to it. */
  isLocal(ip: NetAddress.IpAddress): boolean {
    return NetAddress.isLoopback(ip) || NetAddress.isUnspecified(ip) || this.addresses.has(NetAddress.formatIp(ip))
  }
}

/** IPv4-mapped IPv6 addresses are IPv4, as everywhere above the seam. All of the network is one link, so a zone says nothing. */
const parse = (host: string): NetAddress.IpAddress | undefined => {
  const zone = host.indexOf("%")
  const ip = zone > 0 ? NetAddress.ipv6FromString(host.slice(0, zone)) : NetAddress.ipFromString(host)
  return Result.isSuccess(ip) ? NetAddress.toCanonical(ip.success) : undefined
}

/**
 * The loopback address of the same family.
 *
 * @category getters
 * @since 0.1.0
 */
export const loopbackOf = (ip: NetAddress.IpAddress): NetAddress.IpAddress =>
  NetAddress.isIpv4Address(ip) ? NetAddress.ipv4Loopback : NetAddress.ipv6Loopback

/**
 * Both as one address.
 *
 * @category constructors
 * @since 0.1.0
 */
export const addressOf = (at: Resolved): Address => NetAddress.inetAddressUnsafe(at.ip, at.port)

const firstEphemeralPort = 49_152
const ports = 65_536 - firstEphemeralPort

/**
 * The ports that are given out where none was asked for: the next one that is free, then round again.
 *
 * @category models
 * @since 0.1.0
 */
export class EphemeralPorts {
  private readonly used = new Set<number>()
  private next = 0

  take(isFree: (port: number) => boolean): number | undefined {
    for (let tried = 0; tried < ports; tried++) {
      const port = firstEphemeralPort + this.next
      this.next = (this.next + 1) % ports
      if (!this.used.has(port) && isFree(port)) {
        this.used.add(port)
        return port
      }
    }
    return undefined
  }

  giveBack(port: number): void {
    this.used.delete(port)
  }
}
