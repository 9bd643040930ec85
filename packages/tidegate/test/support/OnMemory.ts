/**
 * Tests on the simulated network under the simulation: its clock moves only when nothing else can.
 */
import { assert } from "@effect/vitest"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedConnection } from "@tidegate/testing/SimulatedConnection"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Transport } from "tidegate/Transport"
import { type Recorder, recorded } from "./Recorder.ts"
import { simulate } from "./Simulation.ts"

/** What a test on this network may ask for. */
export type Needs = SimulatedNetwork | Transport | Scope.Scope

/** Runs a test on a network of its own, under a seed, with a recorder. */
export const onMemory = (
  seed: number,
  test: (recorder: Recorder) => Effect.Effect<void, unknown, Needs>,
  options: NetworkOptions = {}
): void => simulate(seed, Effect.provide(recorded(test), SimulatedNetwork.layer(options)))

/** Until nothing moves any more: in the simulation the clock comes last. */
export const atRest: Effect.Effect<void> = Effect.sleep(1)

/** The server's end of the first connection, which must be open. */
export const serverSide: Effect.Effect<SimulatedConnection, never, SimulatedNetwork> = Effect.map(
  SimulatedNetwork,
  (network) => {
    const found = network.connections().find(({ label }) => label === "s1")
    assert.instanceOf(found, SimulatedConnection)
    return found
  }
)
