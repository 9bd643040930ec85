import { assert, describe, it } from "@effect/vitest"
import { copyOf } from "../src/SharedReads.ts"

const read = (length: number, byte: number): Buffer => Buffer.alloc(length, byte)

describe("the memory of what was read", () => {
  it("a chunk holds no more than 8 KiB, however little of it was read", () => {
    for (const length of [1, 64, 2048]) {
      assert.isAtMost(copyOf(read(length, 1), length).buffer.byteLength, 8192, `${length} bytes`)
    }
  })

  it("above 2 KiB it holds what was read and nothing else", () => {
    for (const length of [2049, 65_536]) {
      assert.strictEqual(copyOf(read(65_536, 1), length).buffer.byteLength, length)
    }
  })

  it("no chunk lies in another one's bytes, from slab to slab", () => {
    const copies = Array.from({ length: 200 }, (_, n) => copyOf(read(300, n), 300))
    for (const [n, copy] of copies.entries()) assert.isTrue(copy.every((byte) => byte === n))
  })
})
