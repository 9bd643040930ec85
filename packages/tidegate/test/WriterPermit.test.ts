import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { WriterPermit } from "../src/WriterPermit.ts"
import { simulate } from "./support/Simulation.ts"

const between = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

/** Longer than any chain of wake-ups in these tests. */
const turns = (count: number): Effect.Effect<void> => Effect.repeat(Effect.yieldNow, { times: count })

const upTo = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at)

// --- a queue as a model ---

const Step = Schema.Struct({
  kind: Schema.Literals(["ask", "ask", "ask", "interrupt", "release", "release", "close"]),
  who: between(0, 9)
})

/** What becomes of somebody who asked. */
type Fate = "waits" | "holds" | "done" | "refused" | "interrupted" | "closed"

interface Asker {
  readonly closes: boolean
  fate: Fate
  readonly gate: Deferred.Deferred<void>
  fiber: Fiber.Fiber<void> | undefined
}

/** Everybody's fate after each step, worked out from a list. */
class Model {
  readonly fates: Array<{ readonly closes: boolean; fate: Fate }> = []
  private closed = false

  ask(closes: boolean): void {
    this.fates.push({ closes, fate: "waits" })
    this.settle()
  }

  interrupt(who: number): void {
    const asker = this.fates[who]
    if (asker === undefined || asker.fate !== "waits") return
    asker.fate = "interrupted"
    this.settle()
  }

  release(): void {
    const holder = this.fates.find((asker) => asker.fate === "holds")
    if (holder === undefined) return
    holder.fate = "done"
    this.settle()
  }

  private settle(): void {
    if (this.fates.some((asker) => asker.fate === "holds")) return
    for (const asker of this.fates) {
      if (asker.fate !== "waits") continue
      if (asker.closes) {
        this.closed = true
        asker.fate = "closed"
      } else if (this.closed) {
        asker.fate = "refused"
      } else {
        asker.fate = "holds"
        return
      }
    }
  }
}

/** The same steps on a real permit; a holder keeps it until it is told to release. */
const use = (permit: WriterPermit, asker: Asker): Effect.Effect<void> =>
  asker.closes
    ? Effect.map(permit.keepForEver(), () => void (asker.fate = "closed"))
    : permit.withPermit(() => {
        if (permit.isKeptForEver()) return Effect.sync(() => void (asker.fate = "refused"))
        asker.fate = "holds"
        return Effect.map(Deferred.await(asker.gate), () => void (asker.fate = "done"))
      })

const play = Effect.fnUntraced(function* (permit: WriterPermit, askers: Array<Asker>, { kind, who }: typeof Step.Type) {
  if (kind === "ask" || kind === "close") {
    const asker: Asker = {
      closes: kind === "close",
      fate: "waits",
      gate: Deferred.makeUnsafe<void>(),
      fiber: undefined
    }
    askers.push(asker)
    asker.fiber = yield* Effect.forkChild(use(permit, asker), { startImmediately: true })
  } else if (kind === "release") {
    const holder = askers.find((asker) => asker.fate === "holds")
    if (holder !== undefined) yield* Deferred.succeed(holder.gate, undefined)
  } else {
    const asker = askers[who]
    if (asker?.fate === "waits" && asker.fiber !== undefined) {
      yield* Fiber.interrupt(asker.fiber)
      asker.fate = "interrupted"
    }
  }
})

describe("WriterPermit", () => {
  it.effect.prop(
    "S51 S54 B76 FF-30 strictly first come first served, under any order of asking, releasing, interrupting and closing",
    { steps: Arbitrary.array(Arbitrary.schema(Step), { maxLength: 30 }) },
    ({ steps }) =>
      Effect.gen(function* () {
        const permit = new WriterPermit()
        const model = new Model()
        const askers: Array<Asker> = []
        for (const step of steps) {
          yield* play(permit, askers, step)
          yield* turns(askers.length)
          if (step.kind === "ask" || step.kind === "close") model.ask(step.kind === "close")
          else if (step.kind === "release") model.release()
          else model.interrupt(step.who)
          assert.deepStrictEqual(
            askers.map(({ closes, fate }) => ({ closes, fate })),
            model.fates
          )
        }
        // Those who are left get their turn once the holders let go.
        for (const asker of askers) yield* Deferred.succeed(asker.gate, undefined)
        for (const { fiber } of askers) if (fiber !== undefined) yield* Fiber.await(fiber)
        assert.strictEqual(permit.isFreeUnsafe(), !permit.isKeptForEver())
      }),
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "S51 FF-29 FF-30 however fibers are preempted and interrupted: one at a time, and the permit is never lost",
    {
      seed: between(0, 1_000_000_000),
      plan: Arbitrary.array(
        Arbitrary.schema(
          Schema.Struct({
            turnsBefore: between(0, 3),
            turnsInside: between(0, 3),
            interruptAfter: Schema.Literals([-1, -1, 0, 1, 2, 5])
          })
        ),
        { minLength: 2, maxLength: 10 }
      )
    },
    ({ plan, seed }) => {
      const seen = simulate(
        seed,
        Effect.gen(function* () {
          const permit = new WriterPermit()
          let inside = 0
          let most = 0
          const enter = (turnsInside: number) =>
            permit.withPermit((restore) =>
              Effect.suspend(() => {
                most = Math.max(most, ++inside)
                return Effect.ensuring(
                  restore(turns(turnsInside)),
                  Effect.sync(() => void inside--)
                )
              })
            )
          const fibers: Array<Fiber.Fiber<void>> = []
          for (const { interruptAfter, turnsBefore, turnsInside } of plan) {
            const fiber = yield* Effect.forkChild(Effect.andThen(turns(turnsBefore), enter(turnsInside)))
            fibers.push(fiber)
            if (interruptAfter >= 0) {
              yield* Effect.forkChild(Effect.andThen(turns(interruptAfter), Fiber.interrupt(fiber)))
            }
          }
          const exits: Array<Exit.Exit<void>> = []
          // Whoever is never given the permit is reported as a deadlock here.
          for (const fiber of fibers) exits.push(yield* Fiber.await(fiber))
          return { most, free: permit.isFreeUnsafe(), exits }
        })
      )
      assert.deepStrictEqual({ most: seen.most <= 1, free: seen.free }, { most: true, free: true })
      plan.forEach(({ interruptAfter }, at) => {
        const exit = seen.exits[at]
        if (interruptAfter < 0) assert.isTrue(exit !== undefined && Exit.isSuccess(exit))
      })
    },
    { arbitrary: { runs: 1000 } }
  )

  /** A permit that somebody holds until `gate`, and waiters that note their number; each gets a scheduler turn. */
  const line = Effect.fnUntraced(function* (waiters: number) {
    const permit = new WriterPermit()
    const gate = yield* Deferred.make<void>()
    const entered: Array<number> = []
    const enter = (name: number) => permit.withPermit(() => Effect.sync(() => void entered.push(name)))
    const holder = yield* Effect.forkChild(
      permit.withPermit(() => Deferred.await(gate)),
      { startImmediately: true }
    )
    const waiting = yield* Effect.forEach(upTo(waiters), (name) =>
      Effect.forkChild(enter(name), { startImmediately: true })
    )
    return { permit, gate, entered, enter, holder, waiting }
  })

  it.effect("FF-30 interrupted after its turn was called and before it takes it: the next one gets it", () =>
    Effect.gen(function* () {
      const { entered, gate, permit, waiting } = yield* line(2)
      yield* Deferred.succeed(gate, undefined)
      waiting[0]?.interruptUnsafe()
      for (const fiber of waiting) yield* Fiber.await(fiber)
      assert.deepStrictEqual(entered, [1])
      assert.isTrue(permit.isFreeUnsafe())
    })
  )

  it.effect("S51 who asks between a release and the next one's turn stands behind, also inside a step", () =>
    Effect.gen(function* () {
      const { enter, entered, gate, permit } = yield* line(1)
      yield* Deferred.succeed(gate, undefined)
      assert.deepStrictEqual(entered, [])
      assert.isFalse(permit.isFreeUnsafe())
      yield* enter(1)
      assert.deepStrictEqual(entered, upTo(2))
    })
  )

  it.effect("S51 5,000 waiters do not stand on each other's stack", () =>
    Effect.gen(function* () {
      const { entered, gate, holder, permit, waiting } = yield* line(5000)
      yield* Deferred.succeed(gate, undefined)
      for (const fiber of [holder, ...waiting]) yield* Fiber.join(fiber)
      assert.deepStrictEqual(entered, upTo(5000))
      assert.isTrue(permit.isFreeUnsafe())
    })
  )

  it.effect("FF-30 what runs with the permit cannot be interrupted unless it restores", () =>
    Effect.gen(function* () {
      const permit = new WriterPermit()
      const gate = yield* Deferred.make<void>()
      let finished = false
      const holder = yield* Effect.forkChild(
        permit.withPermit(() => Effect.map(Deferred.await(gate), () => void (finished = true))),
        { startImmediately: true }
      )
      holder.interruptUnsafe()
      yield* turns(5)
      assert.isUndefined(holder.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.await(holder)
      assert.isTrue(finished)
      const restored = yield* Effect.forkChild(
        permit.withPermit((restore) => restore(Effect.never)),
        { startImmediately: true }
      )
      yield* Fiber.interrupt(restored)
      assert.isTrue(permit.isFreeUnsafe())
    })
  )

  it.effect("a failure or defect with the permit gives it back", () =>
    Effect.gen(function* () {
      const permit = new WriterPermit()
      assert.strictEqual(yield* Effect.flip(permit.withPermit(() => Effect.fail("failed"))), "failed")
      assert.isTrue(permit.isFreeUnsafe())
      const exit = yield* Effect.exit(
        permit.withPermit((): Effect.Effect<void> => {
          throw new Error("defect")
        })
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.isTrue(permit.isFreeUnsafe())
    })
  )

  it.effect("B76 closed twice, or while another closes: it stays kept, nobody waits", () =>
    Effect.gen(function* () {
      const permit = new WriterPermit()
      const gate = yield* Deferred.make<void>()
      yield* Effect.forkChild(
        permit.withPermit(() => Deferred.await(gate)),
        { startImmediately: true }
      )
      const first = yield* Effect.forkChild(permit.keepForEver(), { startImmediately: true })
      const second = yield* Effect.forkChild(permit.keepForEver(), { startImmediately: true })
      assert.isFalse(permit.isKeptForEver())
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(first)
      yield* Fiber.join(second)
      yield* permit.keepForEver()
      assert.isTrue(permit.isKeptForEver())
      assert.isFalse(permit.isFreeUnsafe())
    })
  )

  it.effect("FF-30 a close that is interrupted while it waits closes nothing", () =>
    Effect.gen(function* () {
      const permit = new WriterPermit()
      const gate = yield* Deferred.make<void>()
      const holder = yield* Effect.forkChild(
        permit.withPermit(() => Deferred.await(gate)),
        { startImmediately: true }
      )
      const close = yield* Effect.forkChild(permit.keepForEver(), { startImmediately: true })
      yield* Fiber.interrupt(close)
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(holder)
      assert.isTrue(permit.isFreeUnsafe())
    })
  )
})
