import { assert, describe, it } from "@effect/vitest"
import page from "../docs/line.md?raw"
import * as Line from "../src/Line.ts"
import { type Diagram, diagramsOf, runDiagrams } from "./support/Diagrams.ts"

const isText = ({ options }: Diagram): boolean => options["encoding"] === "utf8"

describe("docs/line.md", () => {
  it("has a diagram for every option", () => {
    const options = new Set(diagramsOf(page).flatMap((diagram) => Object.keys(diagram.options)))
    assert.deepStrictEqual([...options].sort(), [
      "carriageReturn",
      "encoding",
      "failFast",
      "maxLength",
      "onPartialEof",
      "onTooLong",
      "stripTerminator",
      "terminator"
    ])
  })

  runDiagrams(page, ({ options }) => Line.make(options), isText)
})
