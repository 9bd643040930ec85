import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { allocate } from "../src/internal/Slab.ts"
import { someRuns } from "./support/Streams.ts"

const sizes = Arbitrary.array(Arbitrary.schema(Schema.Literals([0, 1, 7, 64, 65, 400, 1023, 1024, 1025, 20_000])), {
  maxLength: 60
})

describe("Slab", () => {
  it.prop(
    "P9 gives as many bytes as were asked for, all zero, and none of them twice",
    { sizes },
    ({ sizes }) => {
      const all = sizes.map((size, index) => {
        const bytes = allocate(size)
        assert.strictEqual(bytes.length, size)
        assert.isTrue(bytes.every((byte) => byte === 0))
        return bytes.fill((index % 250) + 1)
      })
      for (const [index, bytes] of all.entries()) assert.isTrue(bytes.every((byte) => byte === (index % 250) + 1))
    },
    someRuns
  )

  it("FF-33 what is large has memory of its own, and small ones share little", () => {
    assert.strictEqual(allocate(1025).buffer.byteLength, 1025)
    assert.isAtMost(allocate(1024).buffer.byteLength, 16_384)
  })
})
