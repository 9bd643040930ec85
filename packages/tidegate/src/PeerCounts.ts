/**
 * How many connections each peer has.
 *
 * @since 0.1.0
 */
import * as NetAddress from "effect/net/NetAddress"
import type { Address } from "./Address.ts"

/**
 * What is counted as one peer: an IP address, whatever its port; `undefined` for who has none, such as the other end of a Unix
 * domain socket: nobody could tell them apart.
 */
export const peerKeyOf = (address: Address): string | undefined =>
  NetAddress.isInetAddress(address) ? NetAddress.formatIp(address.address) : undefined

/** Peers without a connection take no room. */
export class PeerCounts {
  private readonly counts = new Map<string, number>()

  of(peer: string | undefined): number {
    return peer === undefined ? 0 : (this.counts.get(peer) ?? 0)
  }

  add(peer: string | undefined): void {
    if (peer !== undefined) this.counts.set(peer, this.of(peer) + 1)
  }

  remove(peer: string | undefined): void {
    if (peer === undefined) return
    const rest = this.of(peer) - 1
    if (rest > 0) this.counts.set(peer, rest)
    else this.counts.delete(peer)
  }

  /** Peers that have one. */
  get peers(): number {
    return this.counts.size
  }
}
