/**
 * How much a check tries, and what it says when it has found nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Property } from "@tidegate/testing/Check"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { check, failureOf } from "./check/Checking.ts"
import * as Protocols from "./check/Protocols.ts"

const turns = (count: number) => Effect.repeat(Effect.yieldNow, { times: count - 1 })

describe("a check that finds nothing", () => {
  it.effect("reports its runs, each of which was run twice", () =>
    Effect.gen(function* () {
      const { property, seen } = Protocols.sound()
      const report = yield* check(property, { runs: 120 })
      assert.strictEqual(report.property, property.name)
      assert.strictEqual(report.runs, 120)
      assert.strictEqual(report.batches, 1)
      assert.strictEqual(seen.length, 240)
      for (let run = 0; run < 240; run += 2) assert.strictEqual(seen[run], seen[run + 1])
    })
  )

  it.effect("I-S22 runs every n-th one twice, or none", () =>
    Effect.gen(function* () {
      const [rarely, never] = [Protocols.sound(), Protocols.sound()]
      yield* check(rarely.property, { runs: 100, determinism: 10 })
      assert.strictEqual(rarely.seen.length, 110)
      yield* check(never.property, { runs: 100, determinism: "never" })
      assert.strictEqual(never.seen.length, 100)
      yield* check(Protocols.nondeterministic(), { runs: 100, determinism: "never" })
    })
  )

  it.effect("adds up situations, steps and virtual time", () =>
    Effect.gen(function* () {
      const report = yield* check({ ...Protocols.situations, sometimes: ["small", "nine"] }, { runs: 300 })
      const [small, nine, other] = ["small", "nine", "undeclared"].map((name) => report.situations.get(name) ?? 0)
      assert.strictEqual((small ?? 0) + (nine ?? 0) + (other ?? 0), 300)
      const slow = yield* check({ ...Protocols.sound().property, run: () => Effect.sleep(7) }, { runs: 10 })
      assert.strictEqual(slow.milliseconds, 70)
      assert.isAtLeast(slow.steps, 10)
    })
  )

  it.effect("lets others have their turn, and can be interrupted between two runs", () =>
    Effect.gen(function* () {
      const { property, seen } = Protocols.sound()
      const fiber = yield* Effect.forkChild(check(property, { runs: 1_000_000 }))
      yield* turns(20)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.isAbove(seen.length, 1)
      assert.isBelow(seen.length, 100)
    })
  )
})

describe("situations that have to be reached", () => {
  it.effect("fail the check if one never was, with the counts of all", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(Protocols.situations)
      assert.strictEqual(failure.invariant, "coverage")
      assert.strictEqual(failure.detail, "never reached in 1000 runs: ten")
      assert.isUndefined(failure.fixture)
      assert.match(
        failure.message,
        /situations\n {2} +\d{3} {2}small\n {2} +\d{2,3} {2}nine\n {2} +0 {2}ten\n {2} +\d+ {2}undeclared/
      )
    })
  )

  it.effect("do not if so few runs were asked for that it says nothing", () =>
    Effect.gen(function* () {
      yield* check(Protocols.situations, {}, { SIM_RUNS: "199" })
      const failure = yield* failureOf(Protocols.situations, {}, { SIM_RUNS: "200" })
      assert.strictEqual(failure.invariant, "coverage")
    })
  )
})

describe("orders of fibers", () => {
  const tags = Effect.fnUntraced(function* (schedules: Property<unknown, void>["schedules"]) {
    const property = { ...Protocols.livelock, name: "always", run: () => Effect.die(new Error("always")), schedules }
    const seen = new Set<string | undefined>()
    for (let seed = 0; seed < 40; seed++) {
      const { fixture } = yield* failureOf(property, { seed, runs: 1, maxShrinks: 0 })
      seen.add(fixture?.schedule._tag)
    }
    return [...seen].sort()
  })

  it.effect("are those that the property asks for", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* tags(undefined), ["random"])
      assert.deepStrictEqual(yield* tags("random"), ["random"])
      assert.deepStrictEqual(yield* tags("fifo"), ["fifo"])
      assert.deepStrictEqual(yield* tags("pct"), ["pct"])
      assert.deepStrictEqual(yield* tags("mixed"), ["fifo", "pct", "random"])
    })
  )
})

describe("seeds", () => {
  it.effect("derive from the property's name, so that a check repeats itself", () =>
    Effect.gen(function* () {
      const [one, again, other] = [Protocols.sound(), Protocols.sound(), Protocols.sound()]
      const first = yield* check(one.property, { runs: 60 })
      const second = yield* check(again.property, { runs: 60 })
      assert.strictEqual(first.seed, second.seed)
      assert.deepStrictEqual(one.seen, again.seen)
      const named = yield* check({ ...other.property, name: "another name" }, { runs: 60 })
      assert.notStrictEqual(named.seed, first.seed)
      assert.notDeepEqual(other.seen, one.seen)
    })
  )

  it.effect("come from the environment, then from the options", () =>
    Effect.gen(function* () {
      const { property } = Protocols.sound()
      assert.strictEqual((yield* check(property, { runs: 1, seed: 5 })).seed, 5)
      assert.strictEqual((yield* check(property, { runs: 1, seed: 5 }, { SIM_SEED: "6" })).seed, 6)
      const failure = yield* failureOf(Protocols.twoInvariants, {}, { SIM_SEED: "77" })
      assert.include(failure.message, `found in run ${failure.runs}, with seed 77;`)
    })
  )
})

describe("minutes", () => {
  /** Lets the check run for some turns, then lets its time pass. */
  const during = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(effect)
      yield* turns(500)
      yield* TestClock.adjust("90 seconds")
      return yield* Fiber.join(fiber)
    })

  it.effect("go by the clock, batch after batch, each with a seed of its own", () =>
    Effect.gen(function* () {
      const { property, seen } = Protocols.sound()
      const report = yield* during(check(property, { runs: 20 }, { SIM_MINUTES: "1.5" }))
      assert.isAbove(report.batches, 5)
      assert.isAbove(report.runs, 20 * (report.batches - 1))
      const [first, second] = [seen.slice(0, 40), seen.slice(40, 80)]
      assert.notDeepEqual(first, second)
    }).pipe(Random.withSeed("minutes"))
  )

  it.effect("use fresh seeds, or those from SIM_SEED on", () =>
    Effect.gen(function* () {
      const { property } = Protocols.sound()
      const one = yield* during(check(property, { minutes: 1, runs: 20 }))
      const other = yield* during(check(property, { minutes: 1, runs: 20 }))
      assert.notStrictEqual(one.seed, other.seed)
      const asked = yield* during(check(property, { minutes: 1, runs: 20 }, { SIM_SEED: "9" }))
      assert.strictEqual(asked.seed, 9)
    }).pipe(Random.withSeed("minutes"))
  )

  it.effect("end with the first failure, which names the seed of its batch", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(lateFailure, { runs: 10 }, { SIM_MINUTES: "1", SIM_SEED: "100" })
      const seed = Number(/with seed (\d+);/.exec(failure.message)?.[1])
      assert.isAbove(seed, 100)
      const again = yield* failureOf(lateFailure, { runs: 10, seed })
      assert.deepStrictEqual(again.fixture, failure.fixture)
    })
  )

  it.effect("draw the seed of each batch anew", () =>
    Effect.gen(function* () {
      const first = Math.abs(yield* Random.withSeed(Random.nextInt, "late")) % 2 ** 31
      const options = { minutes: 1, runs: 10, maxShrinks: 0 }
      const failure = yield* Random.withSeed(failureOf(lateFailure, options), "late")
      const seed = Number(/with seed (\d+);/.exec(failure.message)?.[1])
      assert.isAbove(failure.runs, 10)
      assert.isAbove(Math.abs(seed - first), failure.runs)
    })
  )

  it.effect("need a clock that moves", () =>
    Effect.gen(function* () {
      const failure = yield* failureOf(Protocols.sound().property, { minutes: 1, determinism: "never" })
      assert.strictEqual(failure.invariant, "settings")
      assert.include(failure.message, "it stood still for 10000 runs; run the check with it.live")
    })
  )
})

/** Rare enough for the first batches to pass. */
const lateFailure = {
  ...Protocols.twoInvariants,
  scenario: Schema.Struct({ size: Protocols.between(0, 1_000_000) }),
  run: ({ size }: { readonly size: number }) =>
    size > 500_000 && size < 510_000 ? Effect.die(new Error("rare")) : Effect.void
}

describe("settings that are not allowed", () => {
  const whole = "a whole number, 1 to 1000000000"
  const seed = "a whole number, 0 to 2147483647"
  const cases: ReadonlyArray<readonly [Parameters<typeof check>[1], Record<string, string>, string]> = [
    [{ runs: 0 }, {}, `runs: got 0, expected ${whole}`],
    [{ runs: 1.5 }, {}, `runs: got 1.5, expected ${whole}`],
    [{ maxShrinks: -1 }, {}, "maxShrinks: got -1, expected a whole number, 0 to 1000000000"],
    [{ seed: 2 ** 31 }, {}, `seed: got 2147483648, expected ${seed}`],
    [{ minutes: 0 }, {}, "minutes: got 0, expected a number above 0, up to 1000000000"],
    [{ determinism: 0 }, {}, `determinism: got 0, expected "always", "never" or ${whole}`],
    [{}, { SIM_RUNS: "many" }, `SIM_RUNS: got "many", expected ${whole}`],
    [{}, { SIM_MINUTES: "-1" }, 'SIM_MINUTES: got "-1", expected a number above 0, up to 1000000000'],
    [{}, { SIM_SEED: "0x" }, `SIM_SEED: got "0x", expected ${seed}`]
  ]
  for (const [options, environment, detail] of cases) {
    it.effect(detail, () =>
      Effect.gen(function* () {
        const { property, seen } = Protocols.sound()
        const failure = yield* failureOf(property, options, environment)
        assert.strictEqual(failure.invariant, "settings")
        assert.strictEqual(failure.detail, detail)
        assert.strictEqual(seen.length, 0)
      })
    )
  }

  it.effect("nor limits of the property, or schemas without scenarios that JSON can hold", () =>
    Effect.gen(function* () {
      const { property } = Protocols.sound()
      const limited = yield* failureOf({ ...property, maxSteps: 0 })
      assert.strictEqual(limited.detail, `maxSteps: got 0, expected ${whole}`)
      const never = Schema.Struct({ size: Schema.Int.pipe(Schema.check(Schema.makeFilter(() => false))) })
      const exhausted = yield* failureOf({ ...property, scenario: never })
      assert.strictEqual(exhausted.invariant, "scenario")
      const unwritable = Schema.Struct({ size: Schema.Int, tag: Schema.instanceOf(WeakMap) })
      const unknown = yield* failureOf({ ...property, scenario: unwritable })
      assert.strictEqual(unknown.invariant, "scenario")
    })
  )
})
