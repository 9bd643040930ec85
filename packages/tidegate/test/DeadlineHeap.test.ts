import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { DeadlineHeap, type HeapCell } from "../src/DeadlineHeap.ts"
import { between } from "./support/Simulation.ts"

const Step = Schema.Struct({
  kind: Schema.Literals(["add", "add", "move", "remove", "take"]),
  which: between(0, 30),
  at: between(0, 12)
})

const cell = (): HeapCell => ({ dueAt: 0, place: -1 })

describe("the heap of deadlines", () => {
  it.effect.prop(
    "gives the nearest of its members, whatever is added, moved and removed",
    { steps: Arbitrary.array(Arbitrary.schema(Step), { maxLength: 60 }) },
    ({ steps }) =>
      Effect.sync(() => {
        const heap = new DeadlineHeap<HeapCell>()
        const members: Array<HeapCell> = []
        for (const { at, kind, which } of steps) {
          const chosen = members[which % Math.max(1, members.length)]
          if (kind === "add") {
            const added = cell()
            members.push(added)
            heap.add(added, at)
          } else if (kind === "move" && chosen !== undefined) heap.move(chosen, at)
          else {
            const removed = kind === "take" ? heap.first : chosen
            if (removed === undefined) continue
            heap.remove(removed)
            members.splice(members.indexOf(removed), 1)
            assert.strictEqual(removed.place, -1)
          }
          const nearest = members.length === 0 ? undefined : Math.min(...members.map(({ dueAt }) => dueAt))
          assert.strictEqual(heap.first?.dueAt, nearest)
          assert.strictEqual(heap.size, members.length)
          assert.strictEqual(new Set(members.map(({ place }) => place)).size, members.length)
        }
      }),
    { arbitrary: { runs: 500 } }
  )

  it("a member that was removed can be removed again, and that changes nothing", () => {
    const heap = new DeadlineHeap<HeapCell>()
    const [one, other] = [cell(), cell()]
    heap.add(one, 1)
    heap.add(other, 2)
    heap.remove(one)
    heap.remove(one)
    assert.strictEqual(heap.first, other)
    assert.strictEqual(heap.size, 1)
  })

  it("all can be given one time", () => {
    const heap = new DeadlineHeap<HeapCell>()
    const cells = [3, 1, 2].map((at) => {
      const added = cell()
      heap.add(added, at)
      return added
    })
    heap.moveAll(9)
    assert.isTrue(cells.every(({ dueAt }) => dueAt === 9))
    heap.move(cells[0] ?? cell(), 4)
    assert.strictEqual(heap.first, cells[0])
  })
})
