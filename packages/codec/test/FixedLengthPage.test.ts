import { assert, describe, it } from "@effect/vitest"
import fixedLength from "../docs/fixed-length.md?raw"
import raw from "../docs/raw.md?raw"
import * as FixedLength from "../src/FixedLength.ts"
import * as Raw from "../src/Raw.ts"
import { diagramsOf, runDiagrams } from "./support/Diagrams.ts"

const optionsIn = (page: string): ReadonlyArray<string> =>
  [...new Set(diagramsOf(page).flatMap(({ options }) => Object.keys(options)))].sort()

describe("docs/fixed-length.md", () => {
  it("has a diagram for every option", () => {
    assert.deepStrictEqual(optionsIn(fixedLength), ["length", "onPartialEof"])
  })

  // What `make` does not allow, it refuses: a diagram needs no types.
  runDiagrams(fixedLength, ({ options }) => FixedLength.make(options as unknown as FixedLength.FixedLengthOptions))
})

describe("docs/raw.md", () => {
  it("has a diagram for every option", () => {
    assert.deepStrictEqual(optionsIn(raw), ["maxLength"])
  })

  runDiagrams(raw, ({ options }) => Raw.make(options))
})
