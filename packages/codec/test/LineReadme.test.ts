import { assert, describe, it } from "@effect/vitest"
import readme from "../README.md?raw"
import type { Encoder } from "../src/Codec.ts"
import { isFrameError } from "../src/FrameError.ts"
import * as Line from "../src/Line.ts"
import { concat, type Item, shown, utf8 } from "./support/Bytes.ts"

const diagrams = [
  ...readme.matchAll(/^```text\n(?<options>\{.*\})\n(?<first>\w+) +(?<given>.*)\n(?<second>\w+) *(?<gives>.*)\n```$/gm)
]

/** The options in a diagram, written as TypeScript. */
const optionsOf = (source: string): Line.LineOptions =>
  JSON.parse(source.replace(/(\w+):/g, '"$1":')) as Line.LineOptions

const bytesOf = (cell: string): Uint8Array =>
  concat(
    [...cell.matchAll(/"(?:[^"\\]|\\.)*"|<[0-9a-f ]+>/g)].map(([token]) =>
      token.startsWith("<")
        ? Uint8Array.from(token.slice(1, -1).split(" "), (byte) => Number.parseInt(byte, 16))
        : utf8(JSON.parse(token))
    )
  )

const errorOf = (item: Item): string | undefined =>
  isFrameError(item) ? `${item.kind}@${item.position}${item.fatal ? "!" : ""}` : undefined

const expectedOf = (cell: string, options: Line.LineOptions): ReadonlyArray<string> =>
  [...cell.matchAll(/"(?:[^"\\]|\\.)*"|[^\s"]+/g)].map(([token]) => {
    if (!token.startsWith('"')) return token
    const text: string = JSON.parse(token)
    return shown(options.encoding === "utf8" ? text : utf8(text))
  })

const found = (items: ReadonlyArray<Item>): ReadonlyArray<string> => items.map((item) => errorOf(item) ?? shown(item))

// A `|` inside a string would cut a cell; no diagram has one.
const cells = (row: string): ReadonlyArray<string> => row.split("|").map((cell) => cell.trim())

describe("README", () => {
  it("has a diagram for every option", () => {
    const options = new Set(diagrams.flatMap((diagram) => Object.keys(optionsOf(diagram.groups?.["options"] ?? "{}"))))
    assert.strictEqual(diagrams.length, readme.split("```text").length - 1)
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

  for (const { groups } of diagrams) {
    const { first = "", gives = "", given = "", options: source = "{}" } = groups ?? {}
    const options = optionsOf(source)

    it(`${source} ${first} ${given}`, () => {
      const answers = cells(gives)
      assert.strictEqual(answers.length, cells(given).length)
      const answer = first === "FRAME" ? encoded(options) : decoded(options)
      for (const [index, cell] of cells(given).entries()) {
        const expected = first === "FRAME" ? { ...options, encoding: "bytes" as const } : options
        assert.deepStrictEqual(found(answer(cell)), expectedOf(answers[index] ?? "", expected), `cell ${index}`)
      }
    })
  }
})

const decoded = (options: Line.LineOptions): ((cell: string) => ReadonlyArray<Item>) => {
  const decoder = Line.make(options).decoder()
  return (cell) => (cell === "EOF" ? decoder.end() : decoder.push(bytesOf(cell)))
}

const encoded = (options: Line.LineOptions): ((cell: string) => ReadonlyArray<Item>) => {
  if (options.encoding === "utf8") {
    const encoder: Encoder<string> = Line.make({ ...options, encoding: "utf8" }).encoder()
    return (cell) => [encoder.encode(JSON.parse(cell))]
  }
  const encoder: Encoder<Uint8Array> = Line.make({ ...options, encoding: "bytes" }).encoder()
  return (cell) => [encoder.encode(bytesOf(cell))]
}
