import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { type Wake, WakeList, waitUntil } from "tidegate/WakeList"
import { simulate } from "./support/Simulation.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

const Operation = Schema.Struct({
  kind: Schema.Literals(["add", "add", "add", "remove", "remove", "wakeAll"]),
  who: between(0, 5)
})

/** What each wake-up called, in order, and whether anybody was left, after every operation. */
const played = (operations: ReadonlyArray<typeof Operation.Type>) => {
  const list = new WakeList()
  const woken: Array<number> = []
  const wakes: ReadonlyArray<Wake> = Array.from({ length: 6 }, (_, who) => () => void woken.push(who))
  const expected: Array<number> = []
  let waiting: Array<number> = []
  for (const { kind, who } of operations) {
    const wake = wakes[who] ?? (() => {})
    if (kind === "add") {
      list.add(wake)
      waiting.push(who)
    } else if (kind === "remove") {
      list.remove(wake)
      const at = waiting.indexOf(who)
      if (at >= 0) waiting.splice(at, 1)
    } else {
      list.wakeAll()
      expected.push(...waiting)
      waiting = []
    }
    assert.strictEqual(list.isEmpty, waiting.length === 0)
  }
  return { woken, expected }
}

describe("WakeList", () => {
  it.prop(
    "whatever is added, removed and woken, in any order: everybody once, in the order of asking",
    { operations: Arbitrary.array(Arbitrary.schema(Operation), { maxLength: 40 }) },
    ({ operations }) => {
      const { expected, woken } = played(operations)
      assert.deepStrictEqual(woken, expected)
    },
    { arbitrary: { runs: 2000 } }
  )

  it("who asks again while it is being woken waits for the next time", () => {
    const list = new WakeList()
    const woken: Array<string> = []
    const again: Wake = () => {
      woken.push("again")
      list.add(again)
    }
    list.add(again)
    list.add(() => {
      woken.push("other")
      list.add(() => void woken.push("later"))
    })
    list.wakeAll()
    assert.deepStrictEqual(woken, ["again", "other"])
    list.wakeAll()
    assert.deepStrictEqual(woken, ["again", "other", "again", "later"])
  })
})

describe("waitUntil", () => {
  it.effect("does not register for what already holds", () =>
    Effect.gen(function* () {
      const list = new WakeList()
      yield* waitUntil(list, () => true)
      assert.isTrue(list.isEmpty)
    })
  )

  it.effect("a waiter whose condition is false again after the wake-up goes on waiting, behind nobody's back", () =>
    Effect.gen(function* () {
      const list = new WakeList()
      const taken: Array<string> = []
      let tokens = 0
      const taker = (name: string) =>
        Effect.map(
          waitUntil(list, () => tokens > 0),
          () => {
            tokens--
            taken.push(name)
          }
        )
      const first = yield* Effect.forkChild(taker("first"), { startImmediately: true })
      const second = yield* Effect.forkChild(taker("second"), { startImmediately: true })
      list.wakeAll()
      assert.deepStrictEqual(taken, [])
      tokens = 1
      list.wakeAll()
      yield* Fiber.join(first)
      assert.deepStrictEqual(taken, ["first"])
      assert.isFalse(list.isEmpty)
      tokens = 1
      list.wakeAll()
      yield* Fiber.join(second)
      assert.deepStrictEqual(taken, ["first", "second"])
      assert.isTrue(list.isEmpty)
    })
  )

  it.effect("interrupted while it waits, it takes its registration back", () =>
    Effect.gen(function* () {
      const list = new WakeList()
      const fiber = yield* Effect.forkChild(
        waitUntil(list, () => false),
        { startImmediately: true }
      )
      assert.isFalse(list.isEmpty)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(list.isEmpty)
    })
  )

  it.effect("interrupted by another waiter of the same wake-up, it does not come back", () =>
    Effect.gen(function* () {
      const list = new WakeList()
      let open = false
      let victim: Fiber.Fiber<void> | undefined
      const first = yield* Effect.forkChild(
        Effect.flatMap(
          waitUntil(list, () => open),
          () => (victim === undefined ? Effect.void : Fiber.interrupt(victim))
        ),
        { startImmediately: true }
      )
      victim = yield* Effect.forkChild(
        waitUntil(list, () => false),
        { startImmediately: true }
      )
      open = true
      list.wakeAll()
      yield* Fiber.join(first)
      assert.isTrue(list.isEmpty)
    })
  )

  it.prop(
    "however fibers are preempted: nobody is forgotten, nobody who left is still listed",
    {
      seed: between(0, 1_000_000_000),
      plan: Arbitrary.array(Arbitrary.schema(Schema.Literals(["wait", "wait", "give", "interrupt"])), {
        minLength: 4,
        maxLength: 24
      })
    },
    ({ plan, seed }) => {
      const left = simulate(
        seed,
        Effect.gen(function* () {
          const list = new WakeList()
          let tokens = 0
          let served = 0
          const taker: Effect.Effect<void> = Effect.flatMap(
            waitUntil(list, () => tokens > 0),
            () => {
              // The condition may have ceased to hold between the wake-up and this step.
              if (tokens === 0) return taker
              tokens--
              served++
              return Effect.void
            }
          )
          const give = Effect.sync(() => {
            tokens++
            list.wakeAll()
          })
          const fibers: Array<Fiber.Fiber<void>> = []
          for (const step of plan) {
            if (step === "wait") fibers.push(yield* Effect.forkChild(taker))
            else if (step === "give") yield* Effect.forkChild(give)
            else {
              const victim = fibers[served]
              if (victim !== undefined) yield* Effect.forkChild(Fiber.interrupt(victim))
            }
          }
          for (const _ of fibers) yield* give
          // A waiter that was forgotten would be reported as a deadlock here.
          for (const fiber of fibers) yield* Fiber.await(fiber)
          return list.isEmpty
        })
      )
      assert.isTrue(left)
    },
    { arbitrary: { runs: 500 } }
  )
})
