/**
 * Programs on a simulated network of their own.
 */
import type { NetworkEvent } from "@tidegate/testing/NetworkEvent"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { type Outcome, resultOf, run } from "@tidegate/testing/Simulation"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { TransportError } from "tidegate/Errors"
import type { Transport } from "tidegate/Transport"

type Program<A> = Effect.Effect<A, unknown, SimulatedNetwork | Transport | Scope.Scope>

export const outcomeOf = <A>(options: NetworkOptions, program: Program<A>, seed = 1): Outcome<A, unknown> =>
  run(Effect.provide(program, SimulatedNetwork.layer(options)), { seed, maxSteps: 100_000 })

export const simulate = <A>(options: NetworkOptions, program: Program<A>, seed = 1): A =>
  resultOf(outcomeOf(options, program, seed))

export const now = Clock.currentTimeMillis

export const codeOf = <A, R>(effect: Effect.Effect<A, TransportError, R>): Effect.Effect<string, never, R> =>
  Effect.match(effect, { onFailure: (error) => error.code, onSuccess: () => "ok" })

/** The operation that failed, and how. */
export const failureOf = <A, R>(effect: Effect.Effect<A, TransportError, R>): Effect.Effect<string, never, R> =>
  Effect.match(effect, { onFailure: (error) => `${error.operation} ${error.code}`, onSuccess: () => "ok" })

/** When events of this kind happened at this end. */
export const times = (
  outcome: Outcome<unknown, unknown>,
  event: NetworkEvent["event"],
  end: string
): ReadonlyArray<number> =>
  outcome.trace.entries
    .filter((entry) => entry.source === "network" && entry.event.event === event)
    .filter(({ event }) => "end" in event && event.end === end)
    .map(({ at }) => at)
