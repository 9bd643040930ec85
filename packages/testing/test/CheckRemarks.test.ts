/**
 * What stands beside the trace of a failure: where its schedule took effect, who was left, and why a network failed.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Property } from "@tidegate/testing/Check"
import type { CheckFailed } from "@tidegate/testing/CheckFailed"
import { note } from "@tidegate/testing/CurrentRun"
import type { Fixture } from "@tidegate/testing/Fixture"
import type { RecordedSchedule, Schedule } from "@tidegate/testing/Schedule"
import { recorded } from "@tidegate/testing/Schedule"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import type { Outcome } from "@tidegate/testing/Simulation"
import { must, Violation } from "@tidegate/testing/Violation"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Schema from "effect/Schema"
import { Transport } from "tidegate/Transport"
import { failureOf, replayFailure } from "./check/Checking.ts"
import { twoCounting } from "./support/Programs.ts"

const Nothing = Schema.Struct({})

const property = (
  run: Property<object, void>["run"],
  verify?: Property<object, void>["verify"]
): Property<object, void> => ({ name: "remarks", scenario: Nothing, run, verify })

/** Two fibers that take turns, and somebody who has a look. */
const takingTurns = (verify: (outcome: Outcome<void, unknown>) => void) =>
  property(
    Effect.fnUntraced(function* () {
      const fibers = yield* Effect.forEach(["a", "b"], (name) =>
        Effect.forkChild(Effect.andThen(note(`${name}0`), Effect.andThen(Effect.yieldNow, note(`${name}1`))))
      )
      yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber))
    }),
    (_, outcome) => verify(outcome)
  )

/** Two fibers that count, `a` is fiber 1 and `b` is fiber 2, and somebody who is never content. */
const counting = (end: number, verify: (outcome: Outcome<void, unknown>) => void) =>
  property(
    () => twoCounting(end),
    (_, outcome) => verify(outcome)
  )

const never = (): void => must("content", false, () => "never")

const fixture = (schedule: Schedule): Fixture => ({
  property: "remarks",
  invariant: "content",
  seed: 0,
  scenario: {},
  schedule
})

const failing = (
  tested: Property<object, void>,
  schedule: Partial<RecordedSchedule>
): Effect.Effect<CheckFailed, void> =>
  replayFailure(tested, fixture(recorded({ choices: [], yields: [], ...schedule })))

/** The lines below its title, without the margin. */
const traceOf = ({ message }: CheckFailed): ReadonlyArray<string> => {
  const lines = message.split("\n\n").find((part) => part.startsWith("trace, ")) ?? ""
  return lines
    .split("\n")
    .slice(1)
    .map((line) => line.slice(2))
}

const isOrder = (line: string): boolean => /^ *\d+ ms {2}order {4}/.test(line)

const program = (text: string): string => `0 ms  program  ${text}`

describe("a schedule in the trace", () => {
  it.effect("I-S22 a forced yield stands between what its fiber did before and what another does then", () =>
    Effect.gen(function* () {
      const done = new Set<number>()
      for (let operation = 2; operation < 40; operation++) {
        const lines = traceOf(yield* failing(counting(4, never), { yields: [[1, operation]] }))
        const at = lines.indexOf(`0 ms  order    fiber 1 has to yield (operation ${operation})`)
        assert.strictEqual(lines.filter(isOrder).length, at < 0 ? 0 : 1)
        if (at < 0) continue
        const before = [0, 1, 2, 3].slice(0, at).map((count) => program(`a${count}`))
        assert.deepStrictEqual(lines.slice(0, at), before)
        assert.strictEqual(lines[at + 1], program("b0"))
        done.add(at)
      }
      assert.deepStrictEqual([...done], [0, 1, 2, 3, 4], "it can be anywhere")
    })
  )

  it.effect("I-S22 a choice stands before what is done by the one chosen, by the number that the schedule has", () =>
    Effect.gen(function* () {
      const fifo = traceOf(yield* failing(takingTurns(never), {}))
      assert.deepStrictEqual(fifo, ["a0", "b0", "a1", "b1"].map(program))
      const failure = yield* failing(takingTurns(never), { choices: [[0, 1]] })
      assert.include(failure.message, "1 choice: at decision 0 the ready one number 1 instead of 0")
      const chosen = "0 ms  order    another one goes first (decision 0)"
      assert.deepStrictEqual(traceOf(failure), [program("a0"), chosen, ...["a1", "b0", "b1"].map(program)])
    })
  )

  it.effect("is not in what `verify` looks through, which is the same in a search and in the last run", () =>
    Effect.gen(function* () {
      const seen: Array<object> = []
      const look = (outcome: Outcome<void, unknown>): void => {
        seen.push({ keys: Object.keys(outcome), lines: outcome.trace.lines(), schedule: outcome.schedule })
        must("content", outcome.trace.entries[1]?.source !== "program", () => "it has a second entry")
      }
      const failure = yield* failing(takingTurns(look), { choices: [[0, 1]] })
      assert.isTrue(traceOf(failure).some(isOrder))
      const lines = ["a0", "a1", "b0", "b1"].map(program)
      const keys = ["ending", "exit", "trace", "milliseconds", "steps", "fibers", "situations", "schedule"]
      assert.deepStrictEqual(seen, [{ keys, lines, schedule: undefined }])
    })
  )

  it.effect("has no line for what lies outside of the part that is shown, nor for the walk of a seed", () =>
    Effect.gen(function* () {
      const yields = Array.from({ length: 30 }, (_, at) => [2, 10 * (at + 1)] as const)
      const end = traceOf(yield* failing(counting(100, never), { yields }))
      assert.strictEqual(end[0], "… 170 before")
      assert.strictEqual(end.filter((line) => !isOrder(line)).length, 31)
      const around = counting(100, () => {
        throw new Violation({ invariant: "content", detail: "in the middle", entry: 150 })
      })
      const middle = yield* failing(around, { yields })
      const lines = traceOf(middle)
      assert.strictEqual(lines.filter((line) => line.startsWith("  ") && !isOrder(line)).length, 30)
      assert.strictEqual(lines.filter((line) => line.startsWith("> ")).length, 1)
      for (const shown of [end.filter(isOrder), lines.filter(isOrder)]) {
        assert.isAbove(shown.length, 1)
        assert.isBelow(shown.length, yields.length)
      }
      const walk = yield* replayFailure(counting(4, never), fixture({ _tag: "random", seed: 1, operationsPerYield: 1 }))
      assert.deepStrictEqual(traceOf(walk).filter(isOrder), [])
    })
  )
})

describe("I-S3 fibers that are left", () => {
  const leaving = (count: number) =>
    property(() =>
      Effect.gen(function* () {
        yield* note("begins")
        const stays = Effect.andThen(note("stays"), Effect.never)
        yield* Effect.forkChild(note("goes"))
        for (let left = 0; left < count; left++) yield* Effect.forkDetach(stays)
        yield* Effect.sleep(1)
        yield* note("ends")
      })
    )

  it.effect("are named as in schedules, and their last step has a line", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(leaving(2))
      assert.strictEqual(failure.invariant, "leftover")
      assert.strictEqual(failure.detail, "2 of 4 fibers outlive the program: fibers 2, 3")
      assert.deepStrictEqual(traceOf(failure), [
        program("begins"),
        program("goes"),
        program("stays"),
        "0 ms  order    fiber 2 gets no further",
        program("stays"),
        "0 ms  order    fiber 3 gets no further",
        "1 ms  program  ends"
      ])
      const later = Effect.forkDetach(Effect.andThen(Effect.sleep(3), Effect.never))
      const waiting = property(() => Effect.andThen(later, Effect.sleep(4)))
      assert.deepStrictEqual(traceOf(yield* failureOf(waiting)), ["3 ms  order    fiber 1 gets no further"])
    })
  )

  it.effect("have their line before what others do later, though nothing else happens in between", () =>
    Effect.gen(function* () {
      let later = 0
      for (let operation = 2; operation < 40; operation++) {
        const lines = traceOf(yield* failing(leaving(1), { yields: [[0, operation]] }))
        const times = lines.map((line) => Number.parseInt(line, 10))
        assert.deepStrictEqual(
          times,
          times.toSorted((a, b) => a - b),
          lines.join("\n")
        )
        const next = lines[lines.indexOf("0 ms  order    fiber 2 gets no further") + 1]
        if (next?.startsWith("1 ms  order    fiber 0 has to yield")) later++
      }
      assert.isAbove(later, 0)
    })
  )

  it.effect("are those that count: not the others, such as a network's own", () =>
    Effect.gen(function* () {
      const uncounted = Effect.provideService(Effect.forkDetach(Effect.never), Metric.FiberRuntimeMetrics, undefined)
      const tested = property(() => Effect.andThen(uncounted, Effect.asVoid(Effect.forkDetach(Effect.never))))
      const failure = yield* failureOf(tested)
      assert.strictEqual(failure.detail, "1 of 2 fibers outlive the program: fiber 2")
    })
  )

  it.effect("are named up to ten", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(leaving(12))
      assert.include(failure.detail, "12 of 14 fibers outlive the program: fibers 2, 3, ")
      assert.match(failure.detail, /, 11, …$/)
    })
  )

  it.effect("are not named where something else is the matter", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(
        property(() =>
          Effect.andThen(Effect.forkDetach(Effect.never), Effect.andThen(Effect.sleep(1), Effect.fail("no")))
        )
      )
      assert.strictEqual(failure.invariant, "defect")
      assert.notInclude(failure.message, "gets no further")
    })
  )
})

describe("a network that has failed", () => {
  const listening = Effect.gen(function* () {
    const transport = yield* Transport
    const listener = yield* transport.listen({ host: "127.0.0.1", port: 7 })
    yield* Effect.forkScoped(Effect.ignore(transport.dial({ host: "127.0.0.1", port: 7 })))
    yield* listener.accept
    yield* listener.accept
  })

  it.effect("says why, whether a rule dies or throws, or `onEvent` does", () =>
    Effect.gen(function* () {
      const mistake = new Violation({ invariant: "rules", detail: "a rule looked and did not like it" })
      const throws = (): never => {
        throw mistake
      }
      for (const action of [() => Effect.die(mistake), () => Effect.sync(throws), throws]) {
        const run = Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          yield* network.when({ event: "accepted" }, action)
          yield* listening
        })
        const failure = yield* failureOf(property(() => Effect.provide(run, SimulatedNetwork.layer())))
        assert.include(failure.detail, "ENETDOWN")
        const lines = traceOf(failure)
        const at = lines.indexOf(`0 ms  network  networkFailed ${mistake.name}: ${mistake.message}`)
        assert.strictEqual(lines[at - 1], "0 ms  network  s1 accepted", lines.join("\n"))
      }
      const onEvent = ({ event }: { readonly event: string }): void => {
        if (event === "arrived") throw mistake
      }
      const cut = Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        yield* network.when({ event: "accepted" }, () => network.cut("c1", "reset"))
        yield* listening
      })
      const failure = yield* failureOf(property(() => Effect.provide(cut, SimulatedNetwork.layer({ onEvent }))))
      assert.include(failure.message, "  0 ms  network  networkFailed ")
    })
  )

  it.effect("says nothing where it only ends", () =>
    Effect.gen(function* () {
      const run = Effect.gen(function* () {
        const transport = yield* Transport
        yield* Effect.scoped(transport.listen({ host: "127.0.0.1", port: 7 }))
      })
      const tested = property(
        () => Effect.provide(run, SimulatedNetwork.layer()),
        (_, { trace }) => must("content", trace.entries.length === 0, () => "it did something")
      )
      assert.deepStrictEqual(traceOf(yield* failureOf(tested)), [
        "0 ms  network  127.0.0.1:7 listening",
        "0 ms  network  127.0.0.1:7 notListening"
      ])
    })
  )
})
