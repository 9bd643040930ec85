/**
 * A connection that has come in, and whose it is.
 *
 * @since 0.1.0
 */
import { peerKeyOf } from "./PeerCounts.ts"
import { type Proxied, viaOf } from "./Proxied.ts"
import type { Connection } from "./TransportConnection.ts"
import type { Parked } from "./WaitingRoom.ts"

export interface Arrival extends Parked {
  /** As what it is counted. */
  readonly peer: string | undefined
  /** What a PROXY header has said of it. */
  readonly proxied: Proxied | undefined
}

export const arrivalOf = (id: number, transport: Connection, proxied: Proxied | undefined): Arrival => ({
  id,
  transport,
  peer: proxied === undefined ? transport.peerKey : peerKeyOf(proxied.peer),
  proxied
})

/** What events tell of it. */
export const aboutOf = ({ id, proxied, transport }: Arrival) => ({
  id,
  peer: proxied?.peer ?? transport.remote,
  local: proxied?.local ?? transport.local,
  ...viaOf(proxied)
})
