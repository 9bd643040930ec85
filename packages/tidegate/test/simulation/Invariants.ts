/**
 * Every invariant of the server's lifecycle: what it says, and which property checks it or which feature it waits for.
 */
import type { Invariant } from "./Expectations.ts"
import { acceptErrors, backsOff, nobodyIsForgotten, servedBeforeTheEnd, takenInTime } from "./invariants/Accepting.ts"
import { eventsInPairs, gaugesAgree, handedOverOnce, noDescriptorLeft, noFiberLeft } from "./invariants/Accounting.ts"
import { answersBeforeClose, prefixes, wholeFrames } from "./invariants/Answers.ts"
import { endsAreTheirOwn, eofNotReset, notBeforeTheDeadline } from "./invariants/Endings.ts"
import { framesAreWhole } from "./invariants/Frames.ts"
import { isBoundAgain, lateComersAreServed, saysWhatListens } from "./invariants/ListenerLoss.ts"
import { answeredInTheEnd, nobodyCut } from "./invariants/Liveness.ts"
import { memoryStaysFlat } from "./invariants/Memory.ts"
import { endsInTime, everyCommandReturns, listenerLossEnds, noDialLeft } from "./invariants/Shutdown.ts"

export type Feature = "TLS" | "dialer"

/** Those after the first three belong to one feature each, have a world of their own, and keep their checks in its folder. */
export type PropertyName =
  | "safety"
  | "liveness"
  | "slow reader"
  | "restarts"
  | "suspensions"
  | "limits"
  | "listener loss"
  | "deadlines"
  | "handshakes"

/**
 * - `checks`: run on every trace of the properties named in `by`.
 * - `by` alone: the property itself is the check, or the engine that runs it.
 * - `waitsFor`: what the server does not have yet, for the whole sentence or for `rest`.
 */
export interface InvariantEntry {
  readonly id: string
  readonly says: string
  readonly checks?: ReadonlyArray<Invariant>
  readonly by?: ReadonlyArray<PropertyName>
  readonly waitsFor?: Feature
  readonly rest?: string
}

const both = ["safety", "liveness"] as const

export const invariants: ReadonlyArray<InvariantEntry> = [
  {
    id: "I-S1",
    says: "Each client receives an in-order, unaltered prefix of what it is owed; nothing from another connection.",
    checks: [prefixes],
    by: [...both, "listener loss"]
  },
  {
    id: "I-S2",
    says: "When drain or hard stop returns, no descriptor of that generation is open.",
    checks: [noDescriptorLeft],
    by: [...both, "limits", "listener loss", "suspensions", "handshakes"]
  },
  {
    id: "I-S3",
    says: "… and no fiber of it is alive.",
    checks: [noFiberLeft],
    by: [...both, "limits", "listener loss", "suspensions", "deadlines", "handshakes"]
  },
  {
    id: "I-S4",
    says: "A connection is handed over at most once, by exactly one generation.",
    checks: [handedOverOnce],
    by: [...both, "restarts", "listener loss"]
  },
  {
    id: "I-S5",
    says: "Nothing the platform accepted after the listener's end is served; in a drain everything before is.",
    checks: [servedBeforeTheEnd],
    by: both
  },
  {
    id: "I-S6",
    says: "Every byte taken before the drain began is answered before that connection closes, unless the peer left, stopped reading, or the deadline cut it.",
    checks: [answersBeforeClose],
    by: [...both, "limits", "listener loss", "handshakes"]
  },
  {
    id: "I-S7",
    says: "A drained, well-behaved peer sees EOF, never a reset.",
    checks: [eofNotReset],
    by: [...both, "limits", "listener loss", "handshakes"]
  },
  {
    id: "I-S8",
    says: "Nobody is cut before the deadline.",
    checks: [notBeforeTheDeadline],
    by: [...both, "listener loss"]
  },
  {
    id: "I-S9",
    says: "Live served connections never exceed the limit; permits taken minus released = live connections at every step.",
    checks: [gaugesAgree],
    by: [...both, "limits", "listener loss", "handshakes"]
  },
  {
    id: "I-S10",
    says: "Every accepted connection gets exactly one opened and one closed event, with a reason; the gauges end at 0.",
    checks: [eventsInPairs],
    by: [...both, "limits", "listener loss", "handshakes"]
  },
  {
    id: "I-S11",
    says: "A frame is delivered whole or not at all to the handler, however segments split or join it; an over-long frame closes only its own connection.",
    checks: [wholeFrames],
    by: [...both, "listener loss"]
  },
  {
    id: "I-S12",
    says: "Frames of concurrent senders on one connection never interleave.",
    checks: [framesAreWhole],
    by: [...both, "listener loss"]
  },
  {
    id: "I-S13",
    says: "At most one write is in flight per connection and userland memory stays under the high-water mark and one chunk per waiting sender.",
    checks: [memoryStaysFlat],
    by: [...both, "listener loss"]
  },
  {
    id: "I-S14",
    says: "Restart, same address: the listening socket is never closed; no dial is refused or reset because of the restart; each connection stays in its generation.",
    by: ["restarts"]
  },
  {
    id: "I-S15",
    says: "Restart, new address: the old listener closes only after the new one is bound; a failed bind leaves the old generation serving, unchanged.",
    by: ["restarts"]
  },
  {
    id: "I-S16",
    says: "A suspended server takes no connection; resumed, it takes the untaken in arrival order.",
    by: ["suspensions"]
  },
  {
    id: "I-S17",
    says: "No error escapes a connection's fiber into the accept fiber or a sibling; a handler defect closes exactly one connection.",
    checks: [endsAreTheirOwn],
    by: [...both, "listener loss"]
  },
  {
    id: "I-S18",
    says: "An idle timeout never fires while bytes moved within it, in the direction(s) it watches; a pending answer is not idleness.",
    by: ["deadlines"]
  },
  {
    id: "I-S19",
    says: "Temporary accept errors never end the accept fiber; fatal ones end it once, with the listener closed and the owner told.",
    checks: [acceptErrors],
    by: [...both, "listener loss"]
  },
  {
    id: "I-S20",
    says: "A dial that lost a race, timed out or was cancelled leaves no descriptor and no handshake running; exactly one winner is returned.",
    checks: [noDialLeft],
    by: [...both, "listener loss"],
    waitsFor: "dialer",
    rest: "races and their winner"
  },
  {
    id: "I-S21",
    says: "The address/peer a handler sees is the PROXY one if and only if a valid header came first; header bytes never reach the codec.",
    by: ["handshakes"]
  },
  {
    id: "I-S22",
    says: "Same input, same trace (checked by running twice).",
    by: ["safety", "liveness", "slow reader", "limits", "listener loss", "suspensions", "handshakes"]
  },
  {
    id: "I-S23",
    says: "Who was accepted before a restart is given time for its first request, and is answered; who makes none is told when that time is over.",
    by: ["restarts"]
  },
  {
    id: "I-L0",
    says: "Never a deadlock: always a ready fiber, a timer or the end.",
    by: [...both, "limits", "listener loss", "suspensions", "handshakes"]
  },
  {
    id: "I-L1",
    says: "Drain returns by its deadline; hard stop within 0 virtual ms (no finalizer waits on the network).",
    checks: [endsInTime],
    by: [...both, "listener loss", "suspensions", "handshakes"]
  },
  {
    id: "I-L2",
    says: "If every peer keeps reading and the deadline covers the owed bytes, drain ends with nobody cut.",
    checks: [nobodyCut, answeredInTheEnd],
    by: ["liveness", "suspensions"]
  },
  {
    id: "I-L3",
    says: "While serving and under the limit, an established connection is taken within the current back-off plus one turn.",
    checks: [takenInTime, nobodyIsForgotten],
    by: [...both, "limits", "listener loss"]
  },
  {
    id: "I-L4",
    says: "At the limit, closing one connection lets the oldest untaken one in.",
    by: ["limits"]
  },
  {
    id: "I-L5",
    says: "After the last accept error the back-off returns to zero with the next success; it never exceeds its cap.",
    checks: [backsOff],
    by: [...both, "listener loss"]
  },
  {
    id: "I-L6",
    says: "A slow reader delays only itself (siblings' latency unchanged from the run without it).",
    by: ["slow reader"]
  },
  {
    id: "I-L7",
    says: "A stalled TLS handshake or PROXY header ends at its timeout and frees its permit.",
    by: ["handshakes"],
    waitsFor: "TLS",
    rest: "a TLS handshake"
  },
  { id: "I-L8", says: "Idle connections are closed within the timeout plus one tick.", by: ["deadlines"] },
  {
    id: "I-L9",
    says: "Second SIGHUP during a restart, drain during a restart, hard stop during a drain: all terminate; the last command wins.",
    checks: [everyCommandReturns],
    by: [...both, "restarts", "listener loss"]
  },
  {
    id: "I-L10",
    says: "Listener failure while serving: existing connections finish where the policy says so; the owner is told; the same address is listened on again, or can be.",
    checks: [listenerLossEnds, isBoundAgain, saysWhatListens, lateComersAreServed],
    by: [...both, "listener loss"]
  }
]

/** The functions that a property runs on each of its traces. */
export const checksOf = (property: PropertyName): ReadonlyArray<Invariant> =>
  invariants.flatMap(({ by, checks }) => (by?.includes(property) === true ? (checks ?? []) : []))

/** The numbers of the invariants that a property checks, for the name of its test. */
export const idsOf = (property: PropertyName): string =>
  invariants
    .filter(({ by }) => by?.includes(property))
    .map(({ id }) => id)
    .join(" ")
