import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Delimiter from "../src/Delimiter.ts"
import { isFrameError } from "../src/FrameError.ts"
import { concat, hex, shown, utf8 } from "./support/Bytes.ts"
import { type DelimiterCase, delimiterPieces, delimiterReference, optionsOf } from "./support/DelimiterReference.ts"
import {
  allCases,
  decoderOfCase,
  delimiterCase,
  delimiterContent,
  delimiterStream,
  encoderOfCase,
  frameOfCase
} from "./support/DelimiterStreams.ts"
import { everyCut, everyStream } from "./support/Exhaustive.ts"
import { laws } from "./support/Laws.ts"
import { decoded, manyRuns, oneOf, shownAll } from "./support/Streams.ts"

const longestOf = ({ delimiters }: DelimiterCase): number => Math.max(...delimiters.map(({ length }) => length))

laws<DelimiterCase>({
  name: "delimiter",
  given: Arbitrary.all({ settings: delimiterCase, stream: delimiterStream }),
  decoder: decoderOfCase,
  encoder: encoderOfCase,
  verbatim: (given) => Delimiter.make(optionsOf(given)).verbatim,
  pieces: delimiterPieces,
  maxOf: ({ maxLength }) => maxLength,
  bound: (given, max) => max + longestOf(given) - 1,
  frameOf: frameOfCase,
  content: delimiterContent
})

// One that begins like its own middle, one that ends with another, two that overlap, and two without a byte in common.
const overlapping = [["aab"], ["b", "ab"], ["abb", "ba"], ["a", "bc"]].map((set) => set.map(utf8))

describe("delimiter: exhaustively", () => {
  it("P1 S106 every short stream, every cut, all options crossed, for each kind of set", () => {
    const streams = [1, 2, 3, 4].flatMap((length) => everyStream([97, 98, 99], length))
    const cut = streams.map((stream) => ({ stream, cuts: everyCut(stream) }))
    const cases = allCases(overlapping, [1, 2])
    let compared = 0
    for (const given of cases) {
      const codec = Delimiter.make(optionsOf(given))
      for (const { cuts, stream } of cut) {
        const expected = delimiterReference(stream, true, given).join()
        for (const chunks of cuts) {
          const found = shownAll(decoded(codec.decoder(), chunks)).join()
          if (found !== expected) assert.fail(`${chunks.map(hex)} ${JSON.stringify(given)}: ${found}, not ${expected}`)
          compared++
        }
      }
    }
    assert.strictEqual(compared, cases.length * (3 + 9 * 2 + 27 * 4 + 81 * 8))
  }, 30_000)
})

describe("delimiter: encoding", () => {
  it.prop(
    "P6 it takes whatever survives, and nothing else",
    { content: delimiterContent, settings: delimiterCase, which: oneOf([0, 1, 2]) },
    ({ content, settings, which }) => {
      const frame = frameOfCase(content, settings)
      const terminator = settings.delimiters[which % settings.delimiters.length] ?? frame
      const wire = settings.stripTerminator ? concat([frame, terminator]) : frame
      // With more data behind it: that EOF would end it does not make a frame.
      const survives = delimiterReference(concat([wire, Uint8Array.of(100)]), false, settings).join() === shown(frame)
      const encoded = Delimiter.make(optionsOf(settings, terminator)).encoder().encode(frame)
      assert.strictEqual(!isFrameError(encoded), survives, shown(encoded))
      if (!isFrameError(encoded)) assert.strictEqual(hex(encoded), hex(wire))
    },
    manyRuns
  )
})
