import { describe, it } from "@effect/vitest"
import { check, scripts } from "@tidegate/testing/Conformance"
import * as Effect from "effect/Effect"
import { layer } from "./support/Reads.ts"

describe("conformance over loopback", () => {
  for (const script of scripts) {
    it.live(`${script.covers.join(" ")} ${script.name}`, () =>
      Effect.provide(check(script, { within: "10 seconds" }), layer)
    )
  }
})
