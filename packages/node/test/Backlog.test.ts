import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Backlog, pieceBytes } from "../src/Backlog.ts"
import { pattern } from "./support/Loopback.ts"

const size = Schema.Literals([0, 1, 63, 8192, 30_000, pieceBytes - 1, pieceBytes, pieceBytes + 1, 200_000])
const step = Schema.Struct({ size, takes: Schema.Boolean })

describe("backlog", () => {
  it.effect.prop(
    "FF-27 pieces are at most 64 KiB, whole and in order, and the count is right at any time",
    { steps: Arbitrary.array(Arbitrary.schema(step), { minLength: 1, maxLength: 40 }) },
    ({ steps }) =>
      Effect.sync(() => {
        const backlog = new Backlog(() => {})
        const put: Array<Buffer> = []
        const taken: Array<Uint8Array> = []
        const take = (): boolean => {
          const piece = backlog.next()
          if (piece === undefined) return false
          assert.isAtLeast(piece.length, 1)
          assert.isAtMost(piece.length, pieceBytes)
          taken.push(piece)
          return true
        }
        const check = (): void => {
          const all = Buffer.concat(put)
          const out = Buffer.concat(taken)
          assert.strictEqual(backlog.bytes, all.length - out.length)
          assert.isTrue(all.subarray(0, out.length).equals(out))
        }
        for (const { size, takes } of steps) {
          const chunk = pattern(size, put.length + 1)
          put.push(chunk)
          backlog.push(chunk)
          if (takes) take()
          check()
        }
        while (take());
        check()
        assert.strictEqual(backlog.bytes, 0)
      }),
    { arbitrary: { runs: 100 } }
  )

  it("small chunks that follow one another are joined", () => {
    const backlog = new Backlog(() => {})
    for (let n = 0; n < 1000; n++) backlog.push(Buffer.alloc(64, n))
    assert.strictEqual(backlog.next()?.length, 64_000)
    assert.isUndefined(backlog.next())
  })

  it("only a completed write counts as taken", () => {
    let taken = 0
    const backlog = new Backlog(() => taken++)
    backlog.onTaken(new Error("destroyed"))
    backlog.onTaken(null)
    backlog.onTaken(undefined)
    assert.strictEqual(taken, 2)
  })
})
