/**
 * One target: its names looked up, its addresses tried.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { format, formatEndpoint } from "./Address.ts"
import { type AddressResolver, lookUp } from "./AddressLookup.ts"
import { firstOf } from "./Attempts.ts"
import type { DialLedger } from "./DialLedger.ts"
import { dialOnce } from "./DialOnce.ts"
import type { DialSettings } from "./DialOptions.ts"
import { type AttemptReason, noAddresses } from "./DialReason.ts"
import { interleave } from "./HappyEyeballs.ts"
import {
  type Candidate,
  type DialEndpoint,
  endpointsOf,
  familyOf,
  formatTarget,
  ipOf,
  literalOf,
  type Target
} from "./Target.ts"
import type { Connection, Transport } from "./Transport.ts"

/** A target that takes part, once for each time that it was given. */
export interface Entrant {
  readonly target: Target
  readonly printed: string
}

/** FIN where there is the choice: the peer has done nothing wrong, and its log stays quiet. */
export const giveUp = (connection: Connection): Effect.Effect<void> =>
  Effect.suspend(() => {
    connection.releaseUnsafe()
    return Effect.asVoid(connection.closed)
  })

/** Connects to one of the target's addresses; why none could be had stands in the ledger. */
export const dialTarget = <R>(
  { printed, target }: Entrant,
  settings: DialSettings<R>,
  ledger: DialLedger
): Effect.Effect<Connection, "lost", R | Scope.Scope | Transport | AddressResolver> =>
  Effect.flatMap(candidatesOf(target, settings, ledger), (found) => {
    const candidates = interleave(found, familyOf)
    for (const candidate of candidates) ledger.expect(candidate, format(candidate.address))
    const contest = {
      items: candidates.slice(0, settings.maxAttempts),
      pace: { delay: settings.attemptDelay, atOnce: Infinity },
      deadline: Infinity,
      attempt: (candidate: Candidate) => {
        ledger.forget(candidate)
        const entry = ledger.begin(printed, candidate.address, "connecting")
        return dialOnce(candidate, settings, entry)
      },
      discard: giveUp
    }
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(firstOf(contest, restore), (ending) =>
        ending._tag === "won" ? Effect.succeed(ending.value) : Effect.fail("lost" as const)
      )
    )
  })

/** All addresses of a target, each once. A name that leads nowhere is an attempt that has failed, and no more than that. */
const candidatesOf = <R>(
  target: Target,
  settings: DialSettings<R>,
  ledger: DialLedger
): Effect.Effect<ReadonlyArray<Candidate>, never, AddressResolver> =>
  Effect.map(
    Effect.forEach(endpointsOf(target), (endpoint) => resolved(endpoint, settings, ledger), {
      concurrency: "unbounded"
    }),
    (found) =>
      Array.from(new Map(found.flat().map((candidate) => [formatEndpoint(candidate.endpoint), candidate])).values())
  )

const resolved = <R>(
  endpoint: DialEndpoint,
  { localAddress }: DialSettings<R>,
  ledger: DialLedger
): Effect.Effect<ReadonlyArray<Candidate>, never, AddressResolver> =>
  Effect.suspend(() => {
    const literal = literalOf(endpoint)
    if ("address" in literal) return Effect.succeed([literal])
    const entry = ledger.begin(formatTarget(endpoint), undefined, "looking up")
    const failed = (reason: AttemptReason): ReadonlyArray<Candidate> => {
      entry.settle(reason)
      return []
    }
    return lookUp(literal).pipe(
      Effect.map((found) => {
        const usable = found.filter((candidate) => fits(candidate, localAddress))
        if (usable.length === 0) return failed(noAddresses("EAFNOSUPPORT", "no address of the family of localAddress"))
        entry.settle(undefined)
        return usable
      }),
      Effect.catch((reason) => Effect.sync(() => failed(reason)))
    )
  })

/** A connection goes from an address to one of the same family. */
const fits = (candidate: Candidate, localAddress: string | undefined): boolean => {
  const local = localAddress === undefined ? undefined : ipOf(localAddress)
  return local === undefined || (local._tag === "Ipv4Address") === (familyOf(candidate) === "IPv4")
}
