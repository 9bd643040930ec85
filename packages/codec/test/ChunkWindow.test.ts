import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { ChunkWindow } from "../src/internal/ChunkWindow.ts"
import { someRuns } from "./support/Streams.ts"

/** How far apart the searched bytes are: close, around where words end and around where words are given up, and far. */
const gaps = Arbitrary.array(Arbitrary.schema(Schema.Literals([0, 1, 2, 3, 4, 5, 7, 40, 94, 95, 96, 97, 98, 300])), {
  maxLength: 12
})
const searched = Arbitrary.schema(Schema.Literals([0, 1, 10, 127, 128, 255]))
/** What stands between them: a word with its neighbours must not look like it. */
const between = Arbitrary.array(Arbitrary.schema(Schema.Literals([-1, 1, 0x80, 0x7f])), { minLength: 1, maxLength: 5 })
const offset = Arbitrary.schema(Schema.Literals([0, 1, 3]))

/** The bytes, behind some of another chunk in the same memory. */
const chunkOf = (given: {
  offset: number
  gaps: ReadonlyArray<number>
  byte: number
  between: ReadonlyArray<number>
}) => {
  const bytes = given.gaps.flatMap((gap) => [
    ...Array.from(
      { length: gap },
      (_, index) => (given.byte + (given.between[index % given.between.length] ?? 1)) & 255
    ),
    given.byte
  ])
  return Uint8Array.from([...Array<number>(given.offset).fill(given.byte), ...bytes, given.byte]).subarray(
    given.offset,
    given.offset + bytes.length
  )
}

describe("ChunkWindow", () => {
  it.prop(
    "finds what a naive search finds, in one chunk after the other",
    { gaps, more: gaps, searched, between, offset },
    (given) => {
      const window = new ChunkWindow()
      for (const gaps of [given.gaps, given.more]) {
        const chunk = chunkOf({ ...given, gaps, byte: given.searched })
        for (let from = 0; from <= chunk.length; ) {
          const expected = [...chunk].indexOf(given.searched, from)
          assert.strictEqual(window.indexOf(chunk, given.searched, from), expected)
          from = expected === -1 ? chunk.length + 1 : expected + 1
        }
      }
    },
    someRuns
  )

  it("a view is one of the same memory, at its place, whatever was asked for before", () => {
    const window = new ChunkWindow()
    const memory = Uint8Array.from({ length: 1024 }, (_, index) => index)
    for (const chunk of [
      memory.subarray(3, 700),
      memory.subarray(5, 40),
      memory.subarray(9),
      memory.subarray(3, 700)
    ]) {
      for (const [start, end] of [
        [0, 0],
        [1, 20],
        [chunk.length, chunk.length],
        [0, chunk.length]
      ] as const) {
        const view = window.view(chunk, start, end)
        assert.strictEqual(view.buffer, chunk.buffer)
        assert.deepStrictEqual([view.byteOffset, view.length], [chunk.byteOffset + start, end - start])
      }
      window.release()
    }
  })
})
