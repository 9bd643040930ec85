/**
 * A fixed scene: servers one after the other on one address, who visits them and when, and how they are ended.
 *
 * All times are whole milliseconds from the beginning of an act. Each peer dials once, and peers come in the order of their times,
 * so that the n-th dial is the n-th peer's.
 */
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import type { Seen, Target } from "@tidegate/testing/Peers"
import type * as Effect from "effect/Effect"
import type { ServerOptions } from "tidegate/ServerOptions"
import type { Transport } from "tidegate/Transport"

/**
 * A peer of an act.
 *
 * - `owed`: everything that it may be answered; what it gets is a beginning of that. `gets`: what it gets when nothing fails; default
 *   all of it.
 * - `depends`: what it sees depends on who is faster, so it is not compared.
 */
export interface PeerPlan {
  readonly at: number
  readonly visit: (target: Target) => Effect.Effect<Seen, never, Transport>
  readonly owed: string
  readonly gets?: string
  readonly depends?: boolean
}

export type End =
  | { readonly at: number; readonly kind: "drain"; readonly within: number }
  | { readonly at: number; readonly kind: "hard stop" }
  | { readonly at: number; readonly kind: "close scope" }

export interface Act {
  readonly server: ServerOptions<unknown, Transport>
  readonly peers: ReadonlyArray<PeerPlan>
  readonly ends: ReadonlyArray<End>
  /** When a new generation follows the one before. */
  readonly restarts?: ReadonlyArray<number>
}

export interface Scene {
  readonly name: string
  readonly network?: NetworkOptions
  readonly acts: ReadonlyArray<Act>
}

/** When an act has to be over, whatever the peers do. */
export const latest = ({ ends }: Act): number =>
  Math.min(...ends.map((end) => (end.kind === "drain" ? end.at + end.within : end.at)))

/** So long that a drain has to end by itself, with nobody cut. */
const ample = 1000

export const isAmple = ({ ends }: Act): boolean => ends.every((end) => end.kind === "drain" && end.within >= ample)
