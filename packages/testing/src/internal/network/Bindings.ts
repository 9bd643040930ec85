/**
 * Which listener is bound where.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"
import type { Resolved } from "./Hosts.ts"

/**
 * The bound listeners by port and IP address, with the wildcards' overlaps.
 *
 * @category models
 * @since 0.1.0
 */
export class Bindings<A> {
  private readonly byPort = new Map<number, Map<string, A>>()

  /** Another listener has this address, or one that overlaps with it. */
  isTaken(at: Resolved): boolean {
    const bound = this.byPort.get(at.port)
    if (bound === undefined) return false
    const wanted = NetAddress.formatIp(at.ip)
    for (const ip of bound.keys()) if (ip === wanted || covers(ip, wanted) || covers(wanted, ip)) return true
    return false
  }

  bind(at: Resolved, listener: A): void {
    const bound = this.byPort.get(at.port) ?? new Map<string, A>()
    bound.set(NetAddress.formatIp(at.ip), listener)
    this.byPort.set(at.port, bound)
  }

  unbind(at: Resolved): void {
    const bound = this.byPort.get(at.port)
    bound?.delete(NetAddress.formatIp(at.ip))
    if (bound?.size === 0) this.byPort.delete(at.port)
  }

  /** The listener that a dial to this address reaches. */
  find(at: Resolved): A | undefined {
    const bound = this.byPort.get(at.port)
    if (bound === undefined) return undefined
    const wanted = NetAddress.formatIp(at.ip)
    const exact = bound.get(wanted)
    if (exact !== undefined) return exact
    for (const [ip, listener] of bound) if (covers(ip, wanted)) return listener
    return undefined
  }
}

/** `::` takes IPv4 too: libuv binds it without IPV6_V6ONLY. */
const covers = (wildcard: string, ip: string): boolean =>
  wildcard === "::" || (wildcard === "0.0.0.0" && !ip.includes(":"))
