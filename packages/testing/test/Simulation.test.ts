/**
 * How runs end, what their outcome says, and what they do not change.
 */
import { assert, describe, it } from "@effect/vitest"
import { CurrentRun, note, sometimes } from "@tidegate/testing/CurrentRun"
import { random } from "@tidegate/testing/Schedule"
import * as Simulation from "@tidegate/testing/Simulation"
import { SimulationFailed } from "@tidegate/testing/SimulationFailed"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Random from "effect/Random"
import { InvalidOptions } from "tidegate/Errors"

const stackLimit = (): unknown => Reflect.get(Error, "stackTraceLimit")

describe("how a run ends", () => {
  it("I-L0 done, with the program's exit and nothing left", () => {
    const outcome = Simulation.run(Effect.as(Effect.sleep(12), "yes"))
    assert.deepInclude(outcome, { ending: "done", milliseconds: 12 })
    assert.deepStrictEqual(outcome.exit, Exit.succeed("yes"))
    assert.strictEqual(Simulation.resultOf(outcome), "yes")
    assert.strictEqual(outcome.fibers.alive, 0)
    assert.strictEqual(outcome.schedule, undefined)
  })

  it("I-L0 deadlock, at once and with what happened last", () => {
    const program = Effect.gen(function* () {
      yield* Effect.sleep(3)
      yield* note("about to wait")
      yield* Effect.forkChild(Effect.never)
      yield* Deferred.await(yield* Deferred.make<void>())
    })
    const outcome = Simulation.run(program)
    assert.deepInclude(outcome, { ending: "deadlock", milliseconds: 3, exit: undefined })
    const error = captured(() => Simulation.resultOf(outcome))
    assert.instanceOf(error, SimulationFailed)
    assert.deepInclude(error, { ending: "deadlock", milliseconds: 3, alive: 2 })
    assert.match(error.message, /^deadlock at 3 ms, after \d+ steps, 2 fibers alive: nothing is ready/)
    assert.include(error.message, "3 ms  program  about to wait")
  })

  it("livelock, when it takes too many steps", () => {
    const outcome = Simulation.run(Effect.forever(Effect.yieldNow), { maxSteps: 1000 })
    assert.deepInclude(outcome, { ending: "livelock", milliseconds: 0, steps: 1000 })
  })

  it("livelock, also when a loop never yields by itself", () => {
    let operations = 0
    const loop = Effect.forever(
      Effect.sync(() => operations++),
      { disableYield: true }
    )
    assert.strictEqual(Simulation.run(loop, { maxSteps: 320 }).ending, "livelock")
    // Ten times as many as the stock scheduler lets pass in a row.
    assert.isBelow(operations, 11 * 2048)
  })

  it("livelock, also in what is left when the program has ended", () => {
    const outcome = Simulation.run(Effect.forkDetach(Effect.forever(Effect.yieldNow)), { maxSteps: 1000 })
    assert.strictEqual(outcome.ending, "livelock")
    assert.strictEqual(captured(() => Simulation.resultOf(outcome)) instanceof SimulationFailed, true)
  })

  it("endless, when it takes too much time, of which none is used up", () => {
    const program = Effect.forever(Effect.sleep(100))
    assert.deepInclude(Simulation.run(program, { maxMilliseconds: 1000 }), { ending: "endless", milliseconds: 1000 })
    assert.deepInclude(Simulation.run(program, { maxMilliseconds: 999 }), { ending: "endless", milliseconds: 900 })
  })

  it("I-S3 leftover, when a fiber is alive after the program's end, asleep or waiting", () => {
    for (const left of [Effect.sleep(5), Effect.never, Effect.sleep("Infinity")]) {
      const outcome = Simulation.run(Effect.forkDetach(left))
      assert.deepInclude(outcome, { ending: "leftover", milliseconds: 0 })
      assert.strictEqual(outcome.fibers.alive, 1)
      assert.strictEqual(outcome.exit?._tag, "Success")
    }
  })

  it("leftover, also when a fiber that nobody counts is asleep, unless for ever", () => {
    const uncounted = (effect: Effect.Effect<void>) =>
      Effect.contextWith((context: Context.Context<never>) =>
        Effect.sync(() => Effect.runForkWith(Context.omit(Metric.FiberRuntimeMetrics)(context))(effect))
      )
    assert.strictEqual(Simulation.run(uncounted(Effect.sleep(5))).ending, "leftover")
    assert.strictEqual(Simulation.run(uncounted(Effect.sleep("Infinity"))).ending, "done")
  })

  it("the program's own failure comes before how the run ended", () => {
    const program = Effect.andThen(Effect.forkDetach(Effect.never), Effect.fail("no"))
    const outcome = Simulation.run(program)
    assert.strictEqual(outcome.ending, "leftover")
    assert.strictEqual(
      captured(() => Simulation.resultOf(outcome)),
      "no"
    )
  })

  it("I-S3 the census counts every fiber of the program", () => {
    const program = Effect.gen(function* () {
      const { fibers } = yield* CurrentRun
      const child = yield* Effect.forkChild(Effect.never)
      const during = fibers.alive
      yield* Fiber.interrupt(child)
      return [during, fibers.alive]
    })
    const outcome = Simulation.run(program)
    assert.deepStrictEqual(Simulation.resultOf(outcome), [2, 1])
    assert.deepInclude(outcome.fibers, { alive: 0, started: 2 })
  })

  it("I-S22 what a program draws comes from the seed, and from nothing else", () => {
    const program = Effect.replicateEffect(Effect.all([Random.next, Random.nextInt]), 1000)
    const [first, again, other] = [1, 1, 2].map((seed) => Simulation.resultOf(Simulation.run(program, { seed })))
    assert.deepStrictEqual(again, first)
    assert.notDeepEqual(other, first)
    for (const [fraction, whole] of first ?? []) {
      assert.isTrue(fraction >= 0 && fraction < 1 && Number.isSafeInteger(whole))
    }
    const drawn = (first ?? []).map(([fraction]) => fraction)
    assert.isTrue(Math.min(...drawn) < 0.01 && Math.max(...drawn) > 0.99)
  })

  it("counts situations", () => {
    const program = Effect.all([sometimes("often"), sometimes("often"), sometimes("once")])
    assert.deepStrictEqual(Array.from(Simulation.run(program).situations), [
      ["often", 2],
      ["once", 1]
    ])
  })
})

describe("options of a run", () => {
  const rejected: ReadonlyArray<readonly [Simulation.SimulationOptions, string]> = [
    [{ seed: 0.5 }, "seed: got 0.5, expected a whole number"],
    [{ seed: Number.NaN }, "seed: got NaN, expected a whole number"],
    [{ maxSteps: 0 }, "maxSteps: got 0, expected a whole number, 1 or more, or Infinity"],
    [{ maxSteps: 1.5 }, "maxSteps: got 1.5, expected a whole number, 1 or more, or Infinity"],
    [
      { maxMilliseconds: -1 },
      "maxMilliseconds: got -1, expected a whole number of milliseconds, 1 or more, or Infinity"
    ],
    [
      { schedule: { _tag: "random", seed: 1, operationsPerYield: 0 } },
      "schedule.operationsPerYield: got 0, expected a whole number, 1 or more"
    ]
  ]

  it("B7 that cannot be used are refused by name, with what is allowed", () => {
    for (const [options, issue] of rejected) {
      const error = captured(() => Simulation.run(Effect.void, options))
      assert.instanceOf(error, InvalidOptions)
      assert.strictEqual(error.issue, issue)
    }
  })

  it("budgets can be infinite", () => {
    const infinite = { maxSteps: Number.POSITIVE_INFINITY, maxMilliseconds: Number.POSITIVE_INFINITY }
    assert.strictEqual(Simulation.run(Effect.sleep("1000 days"), infinite).ending, "done")
  })

  it("stacks are recorded only where they are asked for, and as before after the run", () => {
    const before = stackLimit()
    const program = Effect.sync(() => new Error("here").stack ?? "")
    assert.strictEqual(Simulation.resultOf(Simulation.run(program)).includes("\n"), false)
    assert.strictEqual(stackLimit(), before)
    assert.include(Simulation.resultOf(Simulation.run(program, { stacks: true })), "\n    at ")
    assert.strictEqual(Simulation.run(Effect.die("no")).exit?._tag, "Failure")
    assert.strictEqual(stackLimit(), before)
  })
})

describe("a simulation as an effect", () => {
  it.effect("gives the program's result, on a clock of its own", () =>
    Effect.gen(function* () {
      const slept = yield* Simulation.effect(Effect.andThen(Effect.sleep("1 hour"), Clock.currentTimeMillis))
      assert.strictEqual(slept, 3_600_000)
      assert.strictEqual(yield* Clock.currentTimeMillis, 0)
    })
  )

  it.effect("fails with the program's error, or with what became of the run", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Effect.flip(Simulation.effect(Effect.fail("no"))), "no")
      const error = yield* Effect.flip(Simulation.effect(Effect.never))
      assert.deepInclude(error, { _tag: "SimulationFailed", ending: "deadlock" })
    })
  )

  it.effect("has the services of its caller, and the scope, clock and order of the run", () => {
    class Name extends Context.Service<Name, string>()("test/Name") {}
    const program = Effect.gen(function* () {
      yield* Effect.addFinalizer(() => note("closed"))
      yield* Effect.forkScoped(Effect.sleep("1 hour"))
      return yield* Name
    })
    return Effect.gen(function* () {
      assert.strictEqual(yield* Simulation.effect(program, { schedule: random(1) }), "x")
    }).pipe(Effect.provideService(Name, "x"))
  })
})

describe("layers", () => {
  it.effect("that a program provides are its own, also where its caller has built them", () =>
    Effect.gen(function* () {
      let built = 0
      class Made extends Context.Service<Made, number>()("Made") {}
      const layer = Layer.effect(
        Made,
        Effect.sync(() => ++built)
      )
      const program = Effect.flatMap(Made, (made) => Effect.as(Effect.sleep(1), made))
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* Made, 1)
        assert.strictEqual(yield* Simulation.effect(Effect.provide(program, layer)), 2)
        assert.strictEqual(yield* Simulation.effect(program), 1)
      }).pipe(Effect.provide(layer))
    })
  )
})

describe("running twice", () => {
  it("I-S22 finds no difference where there is none", () => {
    const make = () =>
      Effect.gen(function* () {
        yield* note("starts", { list: [1, { deep: true }], error: new Error("same") })
        yield* Effect.sleep(1)
      })
    const { difference, outcome } = Simulation.sameTwice(make, { schedule: random(3) })
    assert.strictEqual(difference, undefined)
    assert.strictEqual(outcome.ending, "done")
  })

  it("I-S22 compares what contains itself", () => {
    const make = () => {
      const circular: Record<string, unknown> = { deep: [{}] }
      circular["self"] = circular
      return note("odd", { circular })
    }
    assert.strictEqual(Simulation.sameTwice(make).difference, undefined)
  })

  it("I-S22 says where a program that knows how often it ran goes another way", () => {
    let runs = 0
    const make = () => {
      const mine = ++runs
      return Effect.andThen(note("same"), note("mine", { about: { deep: mine } }))
    }
    assert.deepStrictEqual(Simulation.sameTwice(make).difference, {
      at: 1,
      first: '0 ms  program  mine about={"deep":1}',
      second: '0 ms  program  mine about={"deep":2}'
    })
  })

  it("I-S22 says where one of them stops, and how both have ended", () => {
    let runs = 0
    const shorter = Simulation.sameTwice(() => (++runs === 1 ? note("more") : Effect.void))
    assert.deepInclude(shorter.difference, { at: 0, first: "0 ms  program  more" })
    assert.match(shorter.difference?.second ?? "", /^done, Success, at 0 ms, after \d+ steps$/)
    const later = Simulation.sameTwice(() => Effect.sleep(++runs))
    assert.match(later.difference?.first ?? "", /at 3 ms/)
    assert.match(later.difference?.second ?? "", /at 4 ms/)
  })
})

function captured(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}
