/**
 * The order and the pace of RFC 8305.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
// No entry of the package: what it decides is seen in the dialer.
import { interleave, nextStart } from "../src/HappyEyeballs.ts"

const familyOf = (item: string): string => item.slice(0, 1)

describe("the order", () => {
  it("FF-80 families take turns, beginning with that of the resolver's first address (RFC 8305 §4)", () => {
    assert.deepStrictEqual(interleave(["4a", "4b", "4c", "6a", "6b"], familyOf), ["4a", "6a", "4b", "6b", "4c"])
    assert.deepStrictEqual(interleave(["6a", "4a", "4b", "6b"], familyOf), ["6a", "4a", "6b", "4b"])
    assert.deepStrictEqual(interleave(["6a", "6b"], familyOf), ["6a", "6b"])
    assert.deepStrictEqual(interleave([], familyOf), [])
  })

  const items = Arbitrary.array(Arbitrary.schema(Schema.Literals(["4", "6", "u"])), { maxLength: 12 })

  it.effect.prop(
    "FF-80 nothing is lost, families keep their order, and none waits twice while another has more",
    { items },
    ({ items }) =>
      Effect.sync(() => {
        const named = items.map((family, at) => `${family}${at}`)
        const ordered = interleave(named, familyOf)
        assert.sameMembers([...ordered], named)
        for (const family of ["4", "6", "u"]) {
          const own = (all: ReadonlyArray<string>) => all.filter((item) => familyOf(item) === family)
          assert.deepStrictEqual(own(ordered), own(named))
        }
        const first = named[0]
        if (first !== undefined) assert.strictEqual(ordered[0], first)
        ordered.forEach((item, at) => {
          const next = ordered[at + 1]
          if (next === undefined || familyOf(next) !== familyOf(item)) return
          const others = ordered.slice(at + 1).filter((later) => familyOf(later) !== familyOf(item))
          assert.deepStrictEqual(others, [], "one family twice in a row, only once the others have run out")
        })
      })
  )
})

describe("the pace", () => {
  const pace = { delay: 250, atOnce: 3 }
  const progress = { waiting: 2, running: 1, owed: 0, lastStart: 1000 }

  it("FF-80 the next attempt starts 250 ms after the last one, and those before go on", () => {
    assert.strictEqual(nextStart(progress, pace), 1250)
    assert.strictEqual(nextStart({ ...progress, running: 2 }, pace), 1250)
  })

  it("FF-80 at once when one has failed, or when none runs", () => {
    assert.strictEqual(nextStart({ ...progress, owed: 1 }, pace), -Infinity)
    assert.strictEqual(nextStart({ ...progress, running: 0 }, pace), -Infinity)
  })

  it("never more than are allowed at once, and none where none is left", () => {
    assert.strictEqual(nextStart({ ...progress, running: 3, owed: 1 }, pace), Infinity)
    assert.strictEqual(nextStart({ ...progress, waiting: 0, owed: 1 }, pace), Infinity)
  })
})
