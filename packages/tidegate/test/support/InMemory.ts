/**
 * Tests that need a clock to turn, or the in-memory network's controls.
 */
import { it } from "@effect/vitest"
import { MemoryNetwork } from "@tidegate/testing/MemoryNetwork"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Transport } from "tidegate/Transport"

/** A test on a network of its own. */
export const inMemory = <E>(
  name: string,
  run: Effect.Effect<void, E, Transport | MemoryNetwork | Scope.Scope>,
  options: NetworkOptions = {}
): void => {
  it.effect(name, () => Effect.provide(run, MemoryNetwork.layer(options)))
}
