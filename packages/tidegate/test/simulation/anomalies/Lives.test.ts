import { assert, describe, it } from "@effect/vitest"
import { fixedScenarios } from "../properties.ts"
import { failEachIn } from "./Lives.ts"

describe("each operation fails in each way, in a life of the server", () => {
  for (const [name, life] of Object.entries(fixedScenarios)) {
    it(`I-S1 I-S2 I-S3 I-S4 I-S5 I-S10 I-S11 I-S12 I-S13 I-L0 I-L1 ${name}`, { timeout: 60_000 }, () => {
      assert.isAbove(failEachIn(name, life), 20)
    })
  }
})
