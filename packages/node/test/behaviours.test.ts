import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { topics } from "../../tidegate/test/behaviours/index.ts"
import { layer } from "./support/Reads.ts"

for (const [topic, behaviours] of Object.entries(topics)) {
  describe(`${topic}, on loopback`, () => {
    for (const { name, run } of behaviours) it.live(name, () => Effect.provide(run, layer))
  })
}
