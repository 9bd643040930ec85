import { assert, describe, it } from "@effect/vitest"
import { pattern } from "@tidegate/testing/conformance/Script"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ByteQueue, copyOf } from "../src/internal/network/ByteQueue.ts"

const size = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 40 })))
const sizes = Arbitrary.array(Arbitrary.schema(size), { minLength: 1, maxLength: 20 })

describe("ByteQueue", () => {
  it.effect.prop(
    "I-S1 bytes come out in order, whatever the sizes going in and out",
    { pushes: sizes, takes: sizes },
    ({ pushes, takes }) =>
      Effect.sync(() => {
        const total = pushes.reduce((sum, length) => sum + length, 0)
        const all = pattern(total)
        const queue = new ByteQueue()
        let pushed = 0
        for (const length of pushes) {
          queue.push(all.subarray(pushed, pushed + length))
          pushed += length
        }
        let taken = 0
        for (const wanted of [...takes, total]) {
          const chunk = queue.take(wanted)
          assert.strictEqual(chunk.length, Math.min(wanted, total - taken))
          assert.deepStrictEqual(Array.from(chunk), Array.from(all.subarray(taken, taken + chunk.length)))
          taken += chunk.length
          assert.strictEqual(queue.bytes, total - taken)
        }
      })
  )

  it("clear says how much it dropped and starts afresh", () => {
    const queue = new ByteQueue()
    queue.push(Uint8Array.of(1, 2, 3))
    queue.take(1)
    assert.strictEqual(queue.clear(), 2)
    assert.strictEqual(queue.bytes, 0)
    queue.push(Uint8Array.of(9))
    assert.deepStrictEqual(Array.from(queue.take(5)), [9])
  })

  it("S45 a copy shares no memory, also of a class whose slice does", () => {
    class View extends Uint8Array {
      override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
        return this.subarray(start, end)
      }
    }
    const view = View.of(1, 2, 3)
    const copy = copyOf(view)
    view[0] = 9
    assert.deepStrictEqual(Array.from(copy), [1, 2, 3])
  })
})
