import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { decodeUtf8, encodeUtf8, firstInvalidByte } from "../src/internal/Utf8.ts"
import { hex, textOf, utf8 } from "./support/Bytes.ts"
import { someRuns } from "./support/Streams.ts"

// Every byte at which table 3-7 of the Unicode standard changes its mind, and its neighbours.
const edges = [
  0x00, 0x61, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
  0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff
]
const bytes = Arbitrary.array(Arbitrary.schema(Schema.Literals(edges)), { maxLength: 8 }).pipe(
  Arbitrary.map((numbers) => Uint8Array.from(numbers))
)

describe("Utf8", () => {
  it.prop(
    "agrees with the platform's strict decoder, on text and on where text ends",
    { bytes },
    (given) => {
      assert.strictEqual(decodeUtf8(given.bytes), textOf(given.bytes))
      const bad = firstInvalidByte(given.bytes)
      assert.strictEqual(bad === -1, textOf(given.bytes) !== undefined)
      assert.isDefined(textOf(given.bytes.slice(0, bad === -1 ? given.bytes.length : bad)))
    },
    someRuns
  )

  it("agrees for every lead byte and every second byte", () => {
    for (let lead = 0x7f; lead <= 0xff; lead++) {
      for (let second = 0x7f; second <= 0xc0; second++) {
        for (const rest of [[], [0x80, 0x80]]) {
          const given = Uint8Array.of(lead, second, ...rest)
          assert.strictEqual(decodeUtf8(given), textOf(given), hex(given))
        }
      }
    }
  })

  it("keeps a byte order mark and a replacement character that were sent", () => {
    for (const text of ["\uFEFFa", "a\uFFFDb", "", "\u0000", "é", "🐊"]) {
      assert.strictEqual(decodeUtf8(utf8(text)), text)
      assert.strictEqual(hex(encodeUtf8(text)), hex(utf8(text)))
    }
  })
})
