/**
 * Orders of fibers: made, recorded, made again.
 */
import { assert, describe, it } from "@effect/vitest"
import { CurrentRun, note, type Run } from "@tidegate/testing/CurrentRun"
import * as Schedule from "@tidegate/testing/Schedule"
import * as Simulation from "@tidegate/testing/Simulation"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import { InvalidOptions } from "tidegate/Errors"
import { countingTo, Program, programOf, Seed, summaryOf, twoCounting } from "./support/Programs.ts"

const cases = { program: Arbitrary.schema(Program), seed: Arbitrary.schema(Seed) }
const many = { timeout: 60_000, arbitrary: { runs: 800 } }

const schedules: ReadonlyArray<readonly [name: string, (seed: number) => Schedule.Schedule]> = [
  ["first ready, first run", () => Schedule.fifo],
  ["a random walk", Schedule.random],
  ["a walk that yields all the time", (seed) => ({ _tag: "random", seed, operationsPerYield: 1 })],
  ["changing priorities", (seed) => Schedule.pct(seed)],
  ["many changing priorities", (seed) => Schedule.pct(seed, 20)]
]

describe("a schedule", () => {
  for (const [name, schedule] of schedules) {
    it.prop(
      `I-S22 ${name}: equal runs are equal, and the record makes the same run again`,
      cases,
      ({ program, seed }) => {
        const run = (made: Schedule.Schedule) =>
          summaryOf(Simulation.run(programOf(program), { schedule: made, record: true, maxSteps: 20_000 }))
        const first = run(schedule(seed))
        assert.deepStrictEqual(run(schedule(seed)), first)
        const asJson: Schedule.RecordedSchedule = JSON.parse(JSON.stringify(first.schedule))
        assert.deepStrictEqual(run(Schedule.recorded(asJson)), first)
      },
      many
    )
  }

  const seen = { departures: 0, endings: new Set<string>() }

  it.prop(
    "one that does not fit still runs",
    { ...cases, other: Arbitrary.schema(Program) },
    ({ other, program, seed }) => {
      const first = Simulation.run(programOf(other), { schedule: Schedule.random(seed), record: true })
      const { choices = [], yields = [] } = first.schedule ?? {}
      const bent = {
        choices: [...choices.map(([decision, index]) => [decision, index * 50] as const), [1_000_000, 3] as const],
        yields: [...yields, [0, 1] as const, [77, 2] as const, [0, 2] as const, [0, 2] as const]
      }
      const outcome = Simulation.run(programOf(program), { schedule: Schedule.recorded(bent), record: true })
      seen.departures += outcome.schedule?.choices.length ?? 0
      seen.endings.add(outcome.ending)
    },
    many
  )

  it("the runs above departed from first ready, first run, and ended in more than one way", () => {
    assert.isAbove(seen.departures, 1000)
    assert.includeMembers(Array.from(seen.endings), ["done", "deadlock"])
  })

  it("with nothing in it is first ready, first run", () => {
    const run = (schedule: Schedule.Schedule) => Simulation.run(twoCounting(5), { schedule, record: true })
    const outcome = run(Schedule.fifo)
    assert.deepStrictEqual(outcome.schedule, { choices: [], yields: [] })
    assert.deepStrictEqual(notes(outcome), ["a0", "a1", "a2", "a3", "a4", "b0", "b1", "b2", "b3", "b4"])
    assert.deepStrictEqual(notes(run(Schedule.recorded({ choices: [], yields: [] }))), notes(outcome))
  })

  it("a recorded choice beyond the ready ones is the last of them", () => {
    const program = Effect.forEach(["a", "b", "c"], (name) => Effect.andThen(Effect.yieldNow, note(name)), {
      concurrency: "unbounded"
    })
    const first = (index: number) =>
      notes(Simulation.run(program, { schedule: Schedule.recorded({ choices: [[0, index]], yields: [] }) }))[0]
    assert.deepStrictEqual([0, 1, 2, 3, 99].map(first), ["a", "b", "c", "c", "c"])
  })

  it("a recorded yield where a fiber may not is passed over, and later ones are not", () => {
    const schedule = Schedule.recorded({
      choices: [],
      yields: [
        [0, 1],
        [0, 9],
        [0, 5],
        [0, 5]
      ]
    })
    const outcome = Simulation.run(twoCounting(20), { schedule, record: true })
    assert.deepStrictEqual(outcome.schedule?.yields, [
      [0, 5],
      [0, 9]
    ])
  })

  it("what cannot be one is refused, with the place", () => {
    const issue = (schedule: Schedule.Schedule): string => {
      try {
        Schedule.validate(schedule)
      } catch (error) {
        if (error instanceof InvalidOptions) return error.issue
      }
      return "none"
    }
    assert.strictEqual(issue(Schedule.random(0.5)), "schedule.seed: got 0.5, expected a whole number")
    assert.strictEqual(issue(Schedule.pct(1, 0)), "schedule.depth: got 0, expected a whole number, 1 or more")
    assert.strictEqual(
      issue(
        Schedule.recorded({
          choices: [
            [0, 1],
            [3, -1]
          ],
          yields: []
        })
      ),
      "schedule.choices[1][1]: got -1, expected a whole number, 0 or more"
    )
    assert.strictEqual(
      issue(Schedule.recorded({ choices: [], yields: [[0, 0]] })),
      "schedule.yields[0][1]: got 0, expected a whole number, 1 or more"
    )
    assert.strictEqual(issue(Schedule.random(-7)), "none")
  })
})

describe("first ready, first run", () => {
  const withoutSleeps = ({ fibers }: Program): Program => ({
    fibers: fibers.map((steps) => steps.map(({ does, n }) => ({ does: does === "sleeps" ? "yields" : does, n })))
  })

  /** On the stock scheduler. */
  const live = Effect.fnUntraced(function* (program: Effect.Effect<void>) {
    const notes: Array<string> = []
    const run: Run = { ...(yield* CurrentRun), note: (line) => notes.push(line) }
    yield* Effect.provideService(program, CurrentRun, run)
    return notes
  })

  let compared = 0

  it.live.prop(
    "is the order of the stock scheduler",
    { program: cases.program },
    Effect.fnUntraced(function* ({ program }) {
      const made = programOf(withoutSleeps(program))
      const outcome = Simulation.run(made)
      if (outcome.ending !== "done") return
      compared++
      assert.deepStrictEqual(notes(outcome), yield* live(made))
    }),
    { timeout: 60_000, arbitrary: { runs: 500 } }
  )

  it("many of the programs above had an end to be compared", () => assert.isAbove(compared, 50))

  it("does not let fibers that keep each other busy keep the others from running", () => {
    const program = Effect.gen(function* () {
      const busy = yield* Effect.forkChild(
        Effect.forEach([1, 2, 3], () => Effect.forkChild(Effect.forever(Effect.yieldNow)), { discard: true }).pipe(
          Effect.andThen(Effect.never)
        )
      )
      for (let turn = 0; turn < 20; turn++) yield* Effect.yieldNow
      yield* Fiber.interrupt(busy)
    })
    assert.strictEqual(Simulation.run(program, { maxSteps: 1000 }).ending, "done")
  })
})

describe("a forced yield", () => {
  it("leaves a fiber some operations before the next one", () => {
    const schedule = { _tag: "random", seed: 1, operationsPerYield: 1 } as const
    const outcome = Simulation.run(twoCounting(50), { schedule, record: true })
    assert.strictEqual(outcome.ending, "done")
    const yields = outcome.schedule?.yields ?? []
    assert.isAbove(yields.length, 30)
    for (const fiber of [0, 1, 2]) {
      const operations = yields.filter(([of]) => of === fiber).map(([, operation]) => operation)
      for (const [at, operation] of operations.entries()) assert.isAtLeast(operation - (operations[at - 1] ?? -9), 3)
    }
  })

  it("comes about as often as asked for", () => {
    const program = Effect.forEach(Array.from({ length: 3000 }), () => Effect.void, { discard: true })
    const gap = (operationsPerYield: number): number => {
      let operations = 0
      let gaps = 0
      for (let seed = 0; seed < 20; seed++) {
        const schedule = { _tag: "random", seed, operationsPerYield } as const
        const yields = Simulation.run(program, { schedule, record: true }).schedule?.yields ?? []
        operations += (yields.at(-1)?.[1] ?? 0) - (yields[0]?.[1] ?? 0)
        gaps += yields.length - 1
      }
      return operations / gaps
    }
    // The grace comes on top of what is asked for.
    assert.closeTo(gap(10), 12, 1)
    assert.closeTo(gap(100), 102, 10)
  })

  it("belongs to a fiber and its operation: more work elsewhere does not move it", () => {
    const yieldsOfFirst = (to: number) => {
      const program = Effect.gen(function* () {
        const first = yield* Effect.forkChild(
          Effect.forEach(Array.from({ length: 100 }), () => note("first"), { discard: true })
        )
        const second = yield* Effect.forkChild(
          Effect.forEach(Array.from({ length: to }), () => note("second"), { discard: true })
        )
        yield* Effect.forEach([first, second], (fiber) => Fiber.join(fiber))
      })
      const schedule = { _tag: "random", seed: 12, operationsPerYield: 20 } as const
      const recorded = Simulation.run(program, { schedule, record: true }).schedule
      return [1, 2].map(
        (fiber) => recorded?.yields.filter(([of]) => of === fiber).map(([, operation]) => operation) ?? []
      )
    }
    const [one = [], two = []] = yieldsOfFirst(100)
    const shorter = yieldsOfFirst(10)
    assert.isAbove(one.length, 5)
    assert.isTrue(shorter.some((operations) => operations.join() === one.join() || operations.join() === two.join()))
  })
})

describe("changing priorities", () => {
  it("let one fiber fall far behind", () => {
    const behind = Array.from({ length: 40 }, (_, seed) => {
      const order = notes(
        Simulation.run(twoCounting(30), { schedule: { _tag: "pct", seed, depth: 3, operations: 250 } })
      )
      return { start: order[0], split: order.findIndex((name, at) => name[0] !== order[at - 1]?.[0] && at > 0) }
    })
    assert.isTrue(behind.some(({ start }) => start === "a0") && behind.some(({ start }) => start === "b0"))
    assert.isTrue(behind.some(({ split }) => split > 0 && split < 30))
  })

  it("let one that has become ready go before one of a lower priority", () => {
    const program = Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(1)
      const taking = Effect.andThen(Queue.take(queue), note("taken"))
      const taker = yield* Effect.forkChild(taking, { startImmediately: true })
      const offering = Effect.andThen(Queue.offer(queue, 1), countingTo(30, "a"))
      yield* Effect.forkChild(offering)
      yield* Fiber.join(taker)
      yield* Effect.sleep(1)
    })
    const places = Array.from({ length: 20 }, (_, seed) => {
      const schedule: Schedule.Schedule = { _tag: "pct", seed, depth: 1, operations: 100 }
      return notes(Simulation.run(program, { schedule })).indexOf("taken")
    })
    assert.deepStrictEqual(Array.from(new Set(places)).sort(), [0, 30])
  })

  it("one that yields until another has moved lets it move", () => {
    for (let seed = 0; seed < 50; seed++) {
      let moved = false
      const waits = Effect.suspend(() => (moved ? Effect.void : Effect.yieldNow))
      const program = Effect.gen(function* () {
        const waiting = yield* Effect.forkChild(Effect.repeat(waits, { until: () => moved }))
        yield* Effect.forkChild(
          Effect.forEach(Array.from({ length: 50 }), () => Effect.yieldNow).pipe(
            Effect.andThen(Effect.sync(() => (moved = true)))
          )
        )
        yield* Fiber.join(waiting)
      })
      assert.strictEqual(Simulation.run(program, { schedule: Schedule.pct(seed), maxSteps: 5000 }).ending, "done")
    }
  })
})

function notes({ trace }: Simulation.Outcome<unknown, unknown>): ReadonlyArray<string> {
  return trace.entries.map(({ event }) => ("note" in event ? event.note : ""))
}
