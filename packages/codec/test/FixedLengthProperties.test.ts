import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import type { Encoder } from "../src/Codec.ts"
import * as FixedLength from "../src/FixedLength.ts"
import { isFrameError } from "../src/FrameError.ts"
import type { FixedLengthSettings } from "../src/internal/FixedLengthSettings.ts"
import { hex, type Item } from "./support/Bytes.ts"
import { everyCut, everyStream } from "./support/Exhaustive.ts"
import { fixedPieces } from "./support/FixedReference.ts"
import { laws } from "./support/Laws.ts"
import { decoded, oneOf, shownAll } from "./support/Streams.ts"

const anyByte = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
const bytes = Arbitrary.array(anyByte, { maxLength: 30 }).pipe(Arbitrary.map((list) => Uint8Array.from(list)))

const settings: Arbitrary.Arbitrary<FixedLengthSettings> = Arbitrary.all({
  length: oneOf([1, 2, 3, 5, 8, 17, 29]),
  onPartialEof: Arbitrary.schema(Schema.Literals(["error", "drop", "emit"]))
})

const encoderOf = (given: FixedLengthSettings): Encoder<Item> => {
  const encoder: Encoder<never> = FixedLength.make(given).encoder()
  // It is only ever given bytes: that is what its decoder gives.
  return encoder as Encoder<Item>
}

laws<FixedLengthSettings>({
  name: "fixed",
  given: Arbitrary.all({ settings, stream: bytes }),
  decoder: (given) => FixedLength.make(given).decoder(),
  encoder: encoderOf,
  verbatim: (given) => FixedLength.make(given).verbatim,
  pieces: fixedPieces,
  maxOf: () => Number.POSITIVE_INFINITY,
  bound: ({ length }) => length - 1,
  // Every second one of the right length.
  frameOf: (content, { length }) =>
    content.length % 2 === 0 ? content : Uint8Array.from({ length }, (_, index) => content[index] ?? 0),
  content: bytes
})

describe("fixed: exhaustively", () => {
  it("P1 P4 every short stream and every cut, for every length and every end", () => {
    for (const length of [1, 2, 3, 4]) {
      for (const onPartialEof of ["error", "drop", "emit"] as const) {
        const codec = FixedLength.make({ length, onPartialEof })
        for (const stream of [0, 1, 2, 3, 4, 5].flatMap((size) => everyStream([0, 255], size))) {
          const expected = fixedPieces(stream, true, { length, onPartialEof }).flatMap(({ gives }) => gives ?? [])
          for (const chunks of everyCut(stream)) {
            const found = decoded(codec.decoder(), chunks)
            assert.deepStrictEqual(shownAll(found), expected, hex(stream))
            const missing = found.flatMap((item) => (isFrameError(item) ? [item.missing] : []))
            assert.deepStrictEqual(missing, missing.length === 0 ? [] : [length - (stream.length % length)])
          }
        }
      }
    }
  })
})
