import { assert, describe, it } from "@effect/vitest"
import page from "../docs/delimiter.md?raw"
import type { Codec } from "../src/Codec.ts"
import * as Delimiter from "../src/Delimiter.ts"
import { type Diagram, diagramsOf, runDiagrams } from "./support/Diagrams.ts"

const presets: Readonly<Record<string, (options: Delimiter.PresetOptions) => Codec<Uint8Array>>> = {
  "Delimiter.nul": Delimiter.nul,
  "Delimiter.crlf": Delimiter.crlf,
  "Delimiter.lines": Delimiter.lines
}

// What `make` does not allow, it refuses: a diagram needs no types.
const codecOf = ({ maker, options }: Diagram): Codec<Uint8Array> => {
  const preset = presets[maker]
  return preset === undefined ? Delimiter.make(options as unknown as Delimiter.DelimiterOptions) : preset(options)
}

describe("docs/delimiter.md", () => {
  it("has a diagram for every option and every preset", () => {
    const diagrams = diagramsOf(page)
    assert.deepStrictEqual([...new Set(diagrams.flatMap(({ options }) => Object.keys(options)))].sort(), [
      "delimiters",
      "failFast",
      "maxLength",
      "onPartialEof",
      "onTooLong",
      "stripTerminator",
      "terminator"
    ])
    assert.deepStrictEqual([...new Set(diagrams.map(({ maker }) => maker))].sort(), [
      "",
      ...Object.keys(presets).sort()
    ])
  })

  runDiagrams(page, codecOf)
})
