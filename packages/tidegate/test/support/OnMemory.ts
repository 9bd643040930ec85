/**
 * Tests on the in-memory network under the simulation: its clock moves only when nothing else can.
 */
import { assert } from "@effect/vitest"
import { MemoryConnection } from "@tidegate/testing/MemoryConnection"
import { MemoryNetwork } from "@tidegate/testing/MemoryNetwork"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Transport } from "tidegate/Transport"
import { type Recorder, recorded } from "./Recorder.ts"
import { simulate } from "./Simulation.ts"

/** What a test on this network may ask for. */
export type Needs = MemoryNetwork | Transport | Scope.Scope

/** Runs a test on a network of its own, under a seed, with a recorder. */
export const onMemory = (
  seed: number,
  test: (recorder: Recorder) => Effect.Effect<void, unknown, Needs>,
  options: NetworkOptions = {}
): void => simulate(seed, Effect.provide(recorded(test), MemoryNetwork.layer(options)))

/** Until nothing moves any more: in the simulation the clock comes last. */
export const atRest: Effect.Effect<void> = Effect.sleep(1)

/** The server's end of the first connection, which must be open. */
export const serverSide: Effect.Effect<MemoryConnection, never, MemoryNetwork> = Effect.map(
  MemoryNetwork,
  (network) => {
    const found = network.connections().find(({ label }) => label === "s1")
    assert.instanceOf(found, MemoryConnection)
    return found
  }
)
