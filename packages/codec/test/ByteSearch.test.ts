import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { type IndexOfByte, indexOfByte, indexOfByteIn, plainIndexOfByte } from "../src/internal/ByteSearch.ts"
import { someRuns } from "./support/Streams.ts"

const naive: IndexOfByte = (bytes, byte, from) => {
  const found = [...bytes].slice(from).indexOf(byte)
  return found === -1 ? -1 : found + from
}

const bytes = Arbitrary.array(Arbitrary.schema(Schema.Literals([9, 10, 11, 255])), { maxLength: 80 })
const padding = Arbitrary.schema(Schema.Literals([0, 40]))

describe("ByteSearch", () => {
  it.prop(
    "finds what a naive search finds, with Buffer and without",
    { bytes, padding },
    (given) => {
      const around = [...Array<number>(given.padding).fill(1), ...given.bytes, 10]
      const chunk = Uint8Array.from([10, ...around]).subarray(1, around.length)
      for (const from of [0, 1, chunk.length >> 1, chunk.length].filter((from) => from <= chunk.length)) {
        const expected = naive(chunk, 10, from)
        assert.strictEqual(indexOfByte(chunk, 10, from), expected)
        assert.strictEqual(plainIndexOfByte(chunk, 10, from), expected)
      }
    },
    someRuns
  )

  it("takes the search of Buffer where there is one, and only for chunks that are worth a native call", () => {
    const asked: Array<number> = []
    class StandIn extends Uint8Array {
      override indexOf(byte: number, from: number): number {
        asked.push(this.length)
        return Uint8Array.prototype.indexOf.call(this, byte, from)
      }
    }
    const search = indexOfByteIn({ Buffer: StandIn })
    asked.length = 0
    assert.strictEqual(search(new Uint8Array(31), 10, 0), -1)
    assert.strictEqual(search(new Uint8Array(32), 10, 0), -1)
    assert.deepStrictEqual(asked, [32])
  })

  it("falls back to the plain search where Buffer is missing or is not what it seems", () => {
    class Refuses {
      indexOf(): number {
        throw new TypeError("not a Buffer")
      }
    }
    class Lies {
      indexOf(): number {
        return 0
      }
    }
    class Lacks {}
    for (const Buffer of [undefined, 1, () => 1, Lacks, Lies, Refuses]) {
      assert.strictEqual(indexOfByteIn({ Buffer }), plainIndexOfByte)
    }
    assert.strictEqual(indexOfByteIn({}), plainIndexOfByte)
    assert.notStrictEqual(indexOfByte, plainIndexOfByte)
  })
})
