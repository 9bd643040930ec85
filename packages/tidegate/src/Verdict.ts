/**
 * What becomes of a connection that comes in: a decision on a record, without a server.
 *
 * @since 0.1.0
 */
import type { ShedBecause } from "./Events.ts"
import type { LiveSettings } from "./LiveSettings.ts"

/** What is looked at. */
export interface Occupancy {
  readonly served: number
  readonly parked: number
  /** Of this peer, served and parked. */
  readonly ofPeer: number
  /** Served at once, at most. */
  readonly limit: number
  /** Served and parked at once, at most: as far as there are descriptors. */
  readonly cap: number
  readonly isDraining: boolean
}

/** Served, parked, or shed and why. */
export type Verdict = "serve" | "park" | ShedBecause

export const verdictOf = (
  { atLimit, maxPerPeer, maxWaiting }: Pick<LiveSettings, "atLimit" | "maxPerPeer" | "maxWaiting">,
  { cap, isDraining, limit, ofPeer, parked, served }: Occupancy
): Verdict => {
  if (ofPeer >= maxPerPeer) return "peer limit"
  // A slot that is free while somebody waits is on its way to who has waited longest.
  if (served < limit) return parked === 0 ? "serve" : "park"
  if (atLimit !== "wait") return "limit"
  if (isDraining) return "shutdown"
  return parked < maxWaiting && served + parked < cap ? "park" : "waiting room full"
}
