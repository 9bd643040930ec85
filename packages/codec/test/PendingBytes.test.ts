import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { PendingBytes } from "../src/internal/PendingBytes.ts"
import { concat, hex, sameBytes } from "./support/Bytes.ts"
import { bytesCopied } from "./support/BytesCopied.ts"
import { someRuns } from "./support/Streams.ts"

const filled = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte)
const noBytes = new Uint8Array(0)

/** The sizes of the new memory that `work` asks for. */
const allocations = (work: () => void): ReadonlyArray<number> => {
  const original = globalThis.Uint8Array
  const sizes: Array<number> = []
  globalThis.Uint8Array = new Proxy(original, {
    construct: (target, given: ReadonlyArray<unknown>) => {
      if (typeof given[0] === "number") sizes.push(given[0])
      return Reflect.construct(target, given)
    }
  })
  try {
    work()
  } finally {
    globalThis.Uint8Array = original
  }
  return sizes
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, each) => total + each, 0)

const sizes = Arbitrary.array(
  Arbitrary.schema(Schema.Literals([0, 1, 2, 31, 32, 33, 63, 64, 65, 100, 128, 511, 512, 513, 700, 2048])),
  { maxLength: 24 }
)
const partsOfLarger = Arbitrary.schema(Schema.Literals([0, 0, 10, 100_000]))

describe("PendingBytes", () => {
  it.prop(
    "P9 gives what was kept, in order, in memory that is written no more",
    { sizes, partsOfLarger, isKnown: Arbitrary.schema(Schema.Boolean) },
    (given) => {
      const pending = new PendingBytes()
      const pieces = given.sizes.map((size, index) => {
        const around = given.partsOfLarger
        return filled(size + around, index % 251).subarray(around >> 1, (around >> 1) + size)
      })
      const expected = concat(pieces)
      const kept = pieces.slice(0, -1)
      const last = pieces.at(-1) ?? noBytes
      const size = given.isKnown ? expected.length : undefined
      for (const piece of kept) pending.append(piece, 0, piece.length, size)
      assert.strictEqual(pending.length, concat(kept).length)
      assert.strictEqual(pending.lastByte, concat(kept).at(-1) ?? -1)
      assert.strictEqual(hex(pending.first(40)), hex(concat(kept).slice(0, 40)))
      const taken = pending.take(last, 0, last.length)
      assert.strictEqual(pending.length, 0)
      for (let more = 0; more < 10; more++) pending.append(filled(60, 255), 0, 60)
      assert.isTrue(sameBytes(taken, expected))
    },
    someRuns
  )

  it.prop(
    "P9 of pieces that are copied nothing is kept, among others that are",
    { sizes, isKnown: Arbitrary.schema(Schema.Boolean) },
    (given) => {
      const pending = new PendingBytes()
      const pieces = given.sizes.map((size, index) => filled(size, index % 251))
      const expected = concat(pieces)
      for (const [index, piece] of pieces.entries()) {
        const before = pending.length
        if (index % 3 === 2) pending.append(piece, 0, piece.length)
        else {
          pending.copy(piece, 0, piece.length, given.isKnown ? expected.length : 0)
          assert.strictEqual(pending.lastByte, expected.subarray(0, before + piece.length).at(-1) ?? -1)
          piece.fill(255)
        }
        assert.strictEqual(pending.length, before + piece.length)
      }
      assert.isTrue(sameBytes(pending.take(noBytes, 0, 0), expected))
    },
    someRuns
  )

  it("FF-34 P3 the memory for pieces that are copied stays in proportion, however long the frame before was", () => {
    for (const expected of [0, 100_000, 100_000_000]) {
      const pending = new PendingBytes()
      const piece = filled(65_536, 97)
      const blocks = allocations(() => {
        for (let copied = 0; copied < 20; copied++) pending.copy(piece, 0, piece.length, expected)
      })
      assert.isAtMost(sum(blocks), 4 * 20 * 65_536 + 64)
    }
  })

  it("FF-32 P7 P13 4 MiB in 1 KiB chunks are copied once", () => {
    const pending = new PendingBytes()
    const total = 4 * 1024 * 1024
    const copied = bytesCopied(() => {
      for (let sent = 0; sent < total; sent += 1024) pending.append(filled(1024, 97), 0, 1024)
      assert.strictEqual(pending.take(noBytes, 0, 0).length, total)
    })
    assert.strictEqual(copied, total)
  })

  it("FF-32 P7 in small chunks a byte is copied twice at most", () => {
    for (const size of [33, 100, 400]) {
      const pending = new PendingBytes()
      const chunks = 10_000
      const copied = bytesCopied(() => {
        for (let sent = 0; sent < chunks; sent++) pending.append(filled(size, 97), 0, size)
        pending.take(noBytes, 0, 0)
      })
      assert.isAtMost(copied, 2 * size * chunks)
    }
  })

  it("P13 a short frame that spans chunks is copied once", () => {
    const pending = new PendingBytes()
    const copied = bytesCopied(() => {
      pending.append(filled(40, 97), 0, 40)
      assert.strictEqual(pending.take(filled(40, 98), 0, 38).length, 78)
    })
    assert.strictEqual(copied, 78)
  })

  it("FF-33 a small rest does not pin the chunk it came in", () => {
    const chunk = filled(65_536, 97)
    const pending = new PendingBytes()
    pending.append(chunk, 65_000, 65_536)
    const taken = pending.take(noBytes, 0, 0)
    assert.notStrictEqual(taken.buffer, chunk.buffer)
    assert.isAtMost(taken.buffer.byteLength, 2 * 536)
  })

  it("FF-33 a small frame does not pin a large block", () => {
    const pending = new PendingBytes()
    pending.append(Uint8Array.of(97), 0, 1)
    const taken = pending.take(Uint8Array.of(98), 0, 1)
    assert.strictEqual(hex(taken), "6162")
    assert.isAtMost(taken.buffer.byteLength, 64)
  })

  it("P13 a large rest is kept as a view until it is joined", () => {
    const chunk = filled(65_536, 97)
    const pending = new PendingBytes()
    assert.strictEqual(
      bytesCopied(() => pending.append(chunk, 100, 65_536)),
      0
    )
    assert.strictEqual(pending.take(noBytes, 0, 0).buffer, chunk.buffer)
  })

  it("P3 one-byte chunks: the memory held stays in proportion, in few pieces", () => {
    const pending = new PendingBytes()
    const byte = Uint8Array.of(97)
    const blocks = allocations(() => {
      for (let sent = 0; sent < 30_000; sent++) pending.append(byte, 0, 1)
    })
    assert.isAtMost(sum(blocks), 4 * 30_000 + 64)
    assert.isAtMost(blocks.length, 12)
  })

  it("P3 small chunks between large ones do not make large blocks", () => {
    const pending = new PendingBytes()
    const large = filled(512, 97)
    const small = filled(40, 98)
    const blocks = allocations(() => {
      for (let turn = 0; turn < 1_000; turn++) {
        pending.append(large, 0, 512)
        pending.append(small, 0, 40)
      }
    })
    assert.isAtMost(sum(blocks), 552_000)
    assert.strictEqual(pending.take(noBytes, 0, 0).length, 552_000)
  })
})

describe("PendingBytes of a frame whose size is known", () => {
  const appendAll = (pending: PendingBytes, chunk: Uint8Array, times: number, expected: number): void => {
    for (let sent = 0; sent < times; sent++) pending.append(chunk, 0, chunk.length, expected)
  }

  it("FF-34 P3 allocates on what came, never on what was announced", () => {
    const pending = new PendingBytes()
    const blocks = allocations(() => appendAll(pending, filled(100, 97), 20, 1_000_000))
    assert.isAtMost(sum(blocks), 4 * 2_000 + 64)
    assert.isAtMost(Math.max(...blocks), 4 * 2_000)
  })

  it("P3 the memory for all of it is there when a quarter of it is", () => {
    const pending = new PendingBytes()
    appendAll(pending, filled(100, 97), 24, 10_000)
    assert.isEmpty(
      allocations(() => pending.append(filled(100, 98).subarray(0, 99), 0, 99, 10_000)).filter(
        (size) => size === 10_000
      )
    )
    assert.deepStrictEqual(
      allocations(() => pending.append(Uint8Array.of(99, 99, 99, 99, 99), 0, 5, 10_000)).filter(
        (size) => size === 10_000
      ),
      [10_000]
    )
    const more = filled(100, 100)
    const later = allocations(() => appendAll(pending, more, 60, 10_000))
    assert.isEmpty(later.filter((size) => size >= 100))
    const tail = filled(10_000 - pending.length, 101)
    assert.strictEqual(
      hex(pending.take(tail, 0, tail.length)),
      hex(concat([filled(2_400, 97), filled(99, 98), filled(5, 99), filled(6_000, 100), tail]))
    )
  })

  it("P13 in chunks of any size a byte is copied once, but for the first quarter and one block", () => {
    for (const [size, chunks, twice] of [
      [65_536, 64, 0],
      [1024, 4096, 0],
      [200, 20_000, 65_536],
      [33, 100_000, 65_536]
    ] as const) {
      const pending = new PendingBytes()
      const total = size * chunks
      // Memory of a size of its own: a view of it is worth keeping.
      const copied = bytesCopied(() => {
        appendAll(pending, filled(size, 97), chunks - 1, total)
        assert.strictEqual(pending.take(filled(size, 98), 0, size).length, total)
      })
      assert.isAtMost(copied, total + (twice === 0 ? 0 : total / 4 + twice))
    }
  })

  it("P13 a frame that fits the first block stays there", () => {
    const pending = new PendingBytes()
    pending.append(filled(10, 97), 0, 10)
    assert.isEmpty(allocations(() => pending.append(filled(10, 98), 0, 10, 40)).filter((size) => size !== 10))
    const taken = pending.take(filled(20, 99), 0, 20)
    assert.strictEqual(hex(taken), hex(concat([filled(10, 97), filled(10, 98), filled(20, 99)])))
  })

  it("P9 a frame that turns out longer or shorter than expected is whole all the same", () => {
    for (const expected of [50, 150, 1_000]) {
      const pending = new PendingBytes()
      appendAll(pending, filled(30, 97), 5, expected)
      assert.strictEqual(hex(pending.first(200)), hex(filled(150, 97)))
      assert.strictEqual(hex(pending.take(filled(3, 98), 0, 3)), hex(concat([filled(150, 97), filled(3, 98)])))
      assert.strictEqual(pending.length, 0)
      pending.append(filled(3, 99), 0, 3)
      assert.strictEqual(hex(pending.take(noBytes, 0, 0)), "636363")
    }
    const pending = new PendingBytes()
    appendAll(pending, filled(60, 97), 5, Number.POSITIVE_INFINITY)
    pending.append(filled(5, 98), 0, 5, 40)
    assert.strictEqual(hex(pending.take(noBytes, 0, 0)), hex(concat([filled(300, 97), filled(5, 98)])))
  })

  it("P13 what was known of one frame is not known of the next", () => {
    const pending = new PendingBytes()
    appendAll(pending, filled(30, 97), 5, 200)
    pending.take(noBytes, 0, 0)
    const chunk = filled(65_536, 97)
    pending.append(chunk, 100, 65_536)
    assert.strictEqual(pending.take(noBytes, 0, 0).buffer, chunk.buffer)
  })
})
