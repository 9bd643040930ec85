/**
 * The clock of simulations and its heap.
 */
import { assert, describe, it } from "@effect/vitest"
import { note } from "@tidegate/testing/CurrentRun"
import { random } from "@tidegate/testing/Schedule"
import * as Simulation from "@tidegate/testing/Simulation"
import * as Arbitrary from "effect/Arbitrary"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { Timer, TimerHeap } from "../src/internal/simulation/TimerHeap.ts"
import type { Task, Turn } from "../src/internal/simulation/Turn.ts"
import { VirtualClock } from "../src/internal/simulation/VirtualClock.ts"

const notes = ({ trace }: Simulation.Outcome<unknown, unknown>): ReadonlyArray<string> =>
  trace.entries.map(({ at, event }) => `${at} ${"note" in event ? event.note : ""}`)

const small = (maximum: number) => Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum })))

describe("the heap of timers", () => {
  const Changes = Schema.Array(
    Schema.Struct({ at: small(5), removes: Schema.Literals([false, false, true]), which: small(30) })
  )

  it.prop(
    "gives them by time, and at one time in the order in which they were set, whatever is removed",
    { changes: Arbitrary.schema(Changes) },
    ({ changes }) => {
      const heap = new TimerHeap()
      let model: Array<Timer> = []
      for (const [sequence, { at, removes, which }] of changes.entries()) {
        const gone = model[which % Math.max(1, model.length)]
        if (removes && gone !== undefined) {
          heap.remove(gone)
          heap.remove(gone)
          model = model.filter((timer) => timer !== gone)
        } else {
          const timer = new Timer(at, sequence, () => {})
          heap.add(timer)
          model.push(timer)
        }
        assert.strictEqual(heap.size, model.length)
      }
      model.sort((a, b) => a.at - b.at || a.sequence - b.sequence)
      for (const expected of model) {
        const first = heap.first
        assert.strictEqual(first, expected)
        if (first !== undefined) heap.remove(first)
      }
      assert.strictEqual(heap.size, 0)
    },
    { arbitrary: { runs: 1000 } }
  )
})

describe("timers without a fiber", () => {
  const withClock = () => {
    const ready: Array<Turn> = []
    const clock = new VirtualClock({
      add: (turn) => void ready.push(turn),
      remove: (turn) => void ready.splice(ready.indexOf(turn), 1)
    })
    const runDue = () => {
      for (let task: Task | undefined = clock.take(); task !== undefined; task = clock.take()) task()
      ready.length = 0
    }
    return { clock, ready, runDue }
  }

  it("are called in order, unless they are called off, and leave nothing behind", () => {
    const { clock, runDue } = withClock()
    const called: Array<string> = []
    const cancels = ["a", "b", "c"].map((name) => clock.scheduleUnsafe(7, () => called.push(name)))
    clock.scheduleUnsafe(3, () => called.push("first"))
    cancels[1]?.()
    cancels[1]?.()
    assert.strictEqual(clock.next, 3)
    clock.jump()
    runDue()
    assert.strictEqual(clock.currentTimeMillisUnsafe(), 3)
    clock.jump()
    runDue()
    assert.deepStrictEqual(called, ["first", "a", "c"])
    assert.strictEqual(clock.next, undefined)
    assert.strictEqual(clock.currentTimeNanosUnsafe(), 7_000_000n)
  })

  it("are ready at once where their time has come or passed, and no longer when called off", () => {
    const { clock, ready } = withClock()
    const cancel = clock.scheduleUnsafe(0, () => {})
    assert.deepStrictEqual(ready, [clock])
    const other = clock.scheduleUnsafe(-5, () => {})
    assert.deepStrictEqual(ready, [clock])
    cancel()
    assert.deepStrictEqual(ready, [clock])
    other()
    assert.deepStrictEqual(ready, [])
    clock.scheduleUnsafe(-5, () => {})
    clock.jump()
    assert.strictEqual(clock.currentTimeMillisUnsafe(), 0)
  })

  it("round a fraction up, never come at infinity, and refuse NaN", () => {
    const { clock } = withClock()
    clock.scheduleUnsafe(0.25, () => {})
    assert.strictEqual(clock.next, 1)
    const never = clock.scheduleUnsafe(Number.POSITIVE_INFINITY, () => {})
    assert.throws(() => clock.scheduleUnsafe(Number.NaN, () => {}), /NaN/)
    clock.jump()
    clock.take()
    assert.strictEqual(clock.next, undefined)
    assert.strictEqual(clock.sleeping, 0)
    never()
  })
})

describe("sleeping in a simulation", () => {
  const woken = (milliseconds: number, name: string) => Effect.andThen(Effect.sleep(milliseconds), note(name))

  it("wakes by time, and at one time in the order of falling asleep", () => {
    const names = { late: 30, a: 20, b: 20, early: 10 }
    const outcome = Simulation.run(
      Effect.forEach(Object.entries(names), ([name, at]) => woken(at, name), { concurrency: "unbounded" })
    )
    assert.deepStrictEqual(notes(outcome), ["10 early", "20 a", "20 b", "30 late"])
    assert.strictEqual(outcome.milliseconds, 30)
  })

  it("takes whole milliseconds: a fraction does not stop the clock, however often it is slept", () => {
    const program = Effect.gen(function* () {
      const deadline = (yield* Clock.currentTimeMillis) + 1
      let turns = 0
      while ((yield* Clock.currentTimeMillis) < deadline) {
        yield* Effect.sleep("100 micros")
        turns++
      }
      return turns
    })
    assert.strictEqual(Simulation.resultOf(Simulation.run(program, { maxSteps: 1000 })), 1)
  })

  it("sleeping for no time lets others go first, as the live clock does", () => {
    const program = Effect.gen(function* () {
      const other = yield* Effect.forkChild(note("other"))
      yield* Effect.sleep(0)
      yield* note("main")
      yield* Fiber.join(other)
    })
    assert.deepStrictEqual(notes(Simulation.run(program)), ["0 other", "0 main"])
  })

  it("I-L0 sleeping for ever is no sleep: a program in which nobody else can go on is a deadlock", () => {
    const outcome = Simulation.run(Effect.sleep("Infinity"))
    assert.deepInclude(outcome, { ending: "deadlock", milliseconds: 0 })
  })

  it("an interrupted sleeper leaves no timer", () => {
    const program = Effect.gen(function* () {
      const sleeper = yield* Effect.forkChild(Effect.sleep("1 hour"))
      yield* Effect.sleep(5)
      yield* Fiber.interrupt(sleeper)
      return yield* Effect.never
    })
    assert.deepInclude(Simulation.run(program), { ending: "deadlock", milliseconds: 5 })
    const ended = Simulation.run(Effect.raceFirst(Effect.sleep(5), Effect.sleep("1 hour")))
    assert.deepInclude(ended, { ending: "done", milliseconds: 5 })
  })

  it("what is due at one time comes in any order", () => {
    const program = Effect.gen(function* () {
      const busy = Effect.andThen(Effect.sleep(10), Effect.andThen(Effect.yieldNow, note("busy")))
      yield* Effect.all([busy, woken(10, "timer")], { concurrency: "unbounded" })
    })
    const orders = new Set<string>()
    for (let seed = 0; seed < 50; seed++) orders.add(notes(Simulation.run(program, { schedule: random(seed) })).join())
    assert.deepStrictEqual(Array.from(orders).sort(), ["10 busy,10 timer", "10 timer,10 busy"])
    assert.deepStrictEqual(notes(Simulation.run(program)), ["10 timer", "10 busy"])
  })
})
