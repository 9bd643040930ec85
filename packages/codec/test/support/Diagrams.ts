/**
 * The byte diagrams of a page of documentation, as tests: each block that begins with options in braces is run.
 *
 * - `INPUT` are the chunks that are pushed, separated by `|`; `DECODED` is what each push returns, below its chunk.
 * - `FRAME` is what the encoder is given; `ENCODED` what it returns.
 * - `"…"` is text, `<…>` are bytes in hexadecimal, `EOF` is `end()`, `kind@position` is an error and `!` says that it is fatal.
 * - A line before the options, `Module.function` or `Module.function(argument)`, may name the codec: `LengthPrefixed.u16be`.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Codec, Decoder, Encoder } from "../../src/Codec.ts"
import { isFrameError } from "../../src/FrameError.ts"
import { concat, type Item, shown, utf8 } from "./Bytes.ts"

/** One diagram of a page. */
export interface Diagram {
  /** What stands before the options in the same line; empty: nothing. */
  readonly maker: string
  readonly options: Readonly<Record<string, unknown>>
  readonly source: string
  readonly kind: "decode" | "encode"
  readonly given: ReadonlyArray<string>
  readonly gives: ReadonlyArray<string>
}

const block =
  /^```text\n(?<maker>[\w.]*) ?(?<options>\{.*\})\n(?<first>\w+) +(?<given>.*)\n(?<second>\w+) *(?<gives>.*)\n```$/gm

/** All diagrams of a page; a block of `text` that is none is an error. */
export const diagramsOf = (page: string): ReadonlyArray<Diagram> => {
  const found = [...page.matchAll(block)].map(({ groups = {} }): Diagram => {
    const { first = "", given = "", gives = "", maker = "", options = "{}" } = groups
    return {
      maker,
      options: JSON.parse(options.replace(/(\w+):/g, '"$1":')),
      source: `${maker} ${options} ${first} ${given}`.trim(),
      kind: first === "FRAME" ? "encode" : "decode",
      given: cells(given),
      gives: cells(gives)
    }
  })
  assert.strictEqual(found.length, page.split("```text").length - 1, "a block of text is no diagram")
  return found
}

/** Declares one test for each diagram. Frames of text are told from bytes by `isText`. */
export const runDiagrams = (
  page: string,
  codecOf: (diagram: Diagram) => Codec<never> | Codec<string> | Codec<Uint8Array>,
  isText: (diagram: Diagram) => boolean = () => false
): void => {
  describe("byte diagrams", () => {
    for (const diagram of diagramsOf(page)) {
      it(diagram.source, () => {
        const codec = codecOf(diagram)
        const answer = diagram.kind === "encode" ? encoded(codec, isText(diagram)) : decoded(codec)
        assert.strictEqual(diagram.gives.length, diagram.given.length)
        for (const [index, cell] of diagram.given.entries()) {
          const expected = expectedOf(diagram.gives[index] ?? "", diagram.kind === "decode" && isText(diagram))
          assert.deepStrictEqual(answer(cell).map(told), expected, `cell ${index}`)
        }
      })
    }
  })
}

const decoded = (codec: { readonly decoder: () => Decoder<Item> }): ((cell: string) => ReadonlyArray<Item>) => {
  const decoder = codec.decoder()
  return (cell) => (cell === "EOF" ? decoder.end() : decoder.push(bytesOf(cell)))
}

const encoded = (
  codec: { readonly encoder: () => Encoder<never> },
  isText: boolean
): ((cell: string) => ReadonlyArray<Item>) => {
  // The diagram says which of the two kinds of frame it holds.
  const encoder = codec.encoder() as Encoder<Item>
  return (cell) => [encoder.encode(isText ? JSON.parse(cell) : bytesOf(cell))]
}

// A `|` inside a string would cut a cell; no diagram has one.
const cells = (row: string): ReadonlyArray<string> => row.split("|").map((cell) => cell.trim())

const token = /"(?:[^"\\]|\\.)*"|<[0-9a-f ]*>/g

const bytesOf = (cell: string): Uint8Array =>
  concat([...cell.matchAll(token)].map(([written]) => bytesOfToken(written)))

const bytesOfToken = (written: string): Uint8Array =>
  written.startsWith("<")
    ? Uint8Array.from(written.slice(1, -1).split(" ").filter(Boolean), (byte) => Number.parseInt(byte, 16))
    : utf8(JSON.parse(written))

// Tokens that touch each other are one frame: `<00 03>"abc"`.
const expectedOf = (cell: string, isText: boolean): ReadonlyArray<string> =>
  [...cell.matchAll(/(?:"(?:[^"\\]|\\.)*"|<[0-9a-f ]*>)+|[^\s"<]+/g)].map(([written]) => {
    if (!/^["<]/.test(written)) return written
    return shown(isText ? JSON.parse(written) : bytesOf(written))
  })

const told = (item: Item): string =>
  isFrameError(item) ? `${item.kind}@${item.position}${item.fatal ? "!" : ""}` : shown(item)
