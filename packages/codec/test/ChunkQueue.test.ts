import { assert, describe, it } from "@effect/vitest"
import { ChunkQueue } from "../src/internal/ChunkQueue.ts"

const chunkOf = (index: number): Uint8Array => new Uint8Array((index % 3) + 1).fill(index % 251)

describe("ChunkQueue", () => {
  it("gives every chunk once, in order, however taking and adding alternate", () => {
    const queue = new ChunkQueue()
    let added = 0
    let taken = 0
    let bytes = 0
    for (let round = 0; round < 300; round++) {
      for (let more = round % 7; more > 0; more--) {
        queue.add(chunkOf(added))
        bytes += chunkOf(added++).length
      }
      for (let more = round % 6; more > 0 && taken < added; more--) {
        const expected = chunkOf(taken++)
        assert.deepStrictEqual(queue.take(), expected)
        bytes -= expected.length
      }
      assert.strictEqual(queue.bytes, bytes)
    }
    while (taken < added) assert.deepStrictEqual(queue.take(), chunkOf(taken++))
    assert.deepStrictEqual([queue.take(), queue.take(), queue.bytes], [undefined, undefined, 0])
  })

  it("first lists the chunks of so many bytes, and no others", () => {
    const queue = new ChunkQueue()
    for (let index = 0; index < 5; index++) queue.add(chunkOf(index))
    queue.take()
    const lists = [0, 1, 2, 3, 5, 6, 99].map((count) => queue.first(count).map(({ length }) => length))
    assert.deepStrictEqual(lists, [[], [2], [2], [2, 3], [2, 3], [2, 3, 1], [2, 3, 1, 2]])
    assert.strictEqual(queue.bytes, 8)
  })
})
