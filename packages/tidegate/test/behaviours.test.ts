import { describe, it } from "@effect/vitest"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Effect from "effect/Effect"
import { topics } from "./behaviours/index.ts"

for (const [topic, behaviours] of Object.entries(topics)) {
  describe(`${topic}, in memory`, () => {
    for (const { name, run } of behaviours) it.effect(name, () => Effect.provide(run, SimulatedNetwork.layer()))
  })
}
