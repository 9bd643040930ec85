/**
 * Tests that need a clock to turn, or the simulated network's controls.
 */
import { it } from "@effect/vitest"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Transport } from "tidegate/Transport"

/** A test on a network of its own. */
export const inMemory = <E>(
  name: string,
  run: Effect.Effect<void, E, Transport | SimulatedNetwork | Scope.Scope>,
  options: NetworkOptions = {}
): void => {
  it.effect(name, () => Effect.provide(run, SimulatedNetwork.layer(options)))
}
