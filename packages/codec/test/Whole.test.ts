import { assert, describe, it } from "@effect/vitest"
import { joinedBits, largestOf, lesser, readUnsigned, sum, writeUnsigned } from "../src/internal/Whole.ts"
import { hex } from "./support/Bytes.ts"
import { bytesOf } from "./support/PrefixedStreams.ts"

const safe = BigInt(Number.MAX_SAFE_INTEGER)
const edges = [
  0n,
  1n,
  255n,
  256n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 48n - 1n,
  2n ** 48n,
  safe,
  safe + 1n,
  safe + 2n,
  2n ** 56n - 1n,
  2n ** 63n,
  2n ** 64n - 1n
]

/** A number where it is safe. */
const whole = (exact: bigint): number | bigint => (exact <= safe && exact >= -safe ? Number(exact) : exact)

describe("whole numbers", () => {
  it("FF-34 every size is read and written exactly, in both byte orders", () => {
    for (let size = 1; size <= 8; size++) {
      for (const value of edges.filter((edge) => edge < 2n ** BigInt(8 * size))) {
        const big = bytesOf(value, size)
        const little = big.slice().reverse()
        const around = Uint8Array.of(9, ...big, 9)
        assert.strictEqual(readUnsigned(around, 1, size, "big"), whole(value))
        assert.strictEqual(readUnsigned(little, 0, size, "little"), whole(value))
        for (const endian of ["big", "little"] as const) {
          const target = new Uint8Array(size + 2).fill(9)
          writeUnsigned(target, 1, size, endian, whole(value))
          assert.strictEqual(hex(target), hex(Uint8Array.of(9, ...(endian === "big" ? big : little), 9)))
          const cut = new Uint8Array(size)
          writeUnsigned(cut, 1, size, endian, whole(value))
          assert.strictEqual(hex(cut), hex([0, ...target.slice(1, size)]))
        }
      }
      assert.strictEqual(largestOf(size), whole(2n ** BigInt(8 * size) - 1n))
    }
  })

  it("FF-34 sums are exact, and numbers where they can be", () => {
    for (const one of edges.flatMap((edge) => [edge, -edge])) {
      for (const other of edges.flatMap((edge) => [edge, -edge])) {
        assert.strictEqual(sum(whole(one), whole(other)), whole(one + other))
        assert.strictEqual(
          lesser(whole(one), whole(other)),
          whole([one, other].sort((a, b) => (a < b ? -1 : 1))[0] ?? 0n)
        )
      }
    }
    assert.strictEqual(lesser(2n ** 64n, Number.POSITIVE_INFINITY), 2n ** 64n)
  })

  it("parts are joined exactly", () => {
    for (const bits of [48, 49]) {
      for (const high of [0, 1, 2 ** (53 - bits) - 1, 2 ** (53 - bits), 2 ** 15 - 1]) {
        const low = 2 ** bits - 1
        assert.strictEqual(joinedBits(high, low, bits), whole(BigInt(high) * 2n ** BigInt(bits) + BigInt(low)))
      }
    }
  })
})
