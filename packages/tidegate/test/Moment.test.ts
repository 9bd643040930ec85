import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { WakeList } from "tidegate/WakeList"
import { type Moment, Timeline } from "../src/Moment.ts"
import { between, Seed, simulate, turns } from "./support/Simulation.ts"

const last = 9

const made = () => {
  const watchers = new WakeList()
  const timeline = new Timeline<number>(0, watchers, (value) => value === last)
  const become = (value: number): void => {
    timeline.value = value
    watchers.wakeAll()
  }
  return { watchers, timeline, become }
}

/** Every value from the moment on, with as many turns between two looks. */
const followed = Effect.fnUntraced(function* (first: Effect.Effect<Moment<number>>, pause: number) {
  const seen: Array<number> = []
  let moment: Moment<number> | undefined = yield* first
  while (moment !== undefined) {
    seen.push(moment.value)
    yield* turns(pause)
    moment = yield* moment.next
  }
  return seen
})

const Plan = Schema.Struct({
  seed: Seed,
  /** Turns before each change. */
  changes: Schema.Array(between(0, 3)).pipe(Schema.check(Schema.isMaxLength(8))),
  followers: Schema.Array(Schema.Struct({ comesAfter: between(0, 20), pause: between(0, 5) }))
})

describe("Moment", () => {
  it.prop(
    "who follows sees every value from his first on, once and in order, whenever he comes and however slow he is",
    { plan: Arbitrary.schema(Plan) },
    ({ plan: { changes, followers, seed } }) =>
      simulate(
        seed,
        Effect.gen(function* () {
          const { become, timeline, watchers } = made()
          const following = yield* Effect.forEach(followers, ({ comesAfter, pause }) =>
            Effect.forkChild(Effect.andThen(turns(comesAfter), followed(timeline.now, pause)))
          )
          for (const [at, pause] of changes.entries()) {
            yield* turns(pause)
            become(at + 1)
          }
          become(last)
          for (const fiber of following) {
            const seen = yield* Fiber.join(fiber)
            const all = [...changes.map((_, at) => at + 1), last]
            assert.deepStrictEqual(seen, [0, ...all].slice(-seen.length))
            assert.isAbove(seen.length, 0)
          }
          assert.isTrue(watchers.isEmpty)
        })
      ),
    { arbitrary: { runs: 500 } }
  )

  it.effect("what comes next can be asked again, also when it is over", () =>
    Effect.gen(function* () {
      const { become, timeline } = made()
      const first = yield* timeline.now
      become(1)
      become(2)
      for (const _ of [1, 2]) assert.strictEqual((yield* first.next)?.value, 1)
      become(last)
      assert.deepStrictEqual(yield* followed(Effect.succeed(first), 0), [0, 1, 2, last])
      assert.isUndefined(yield* (yield* timeline.now).next)
    })
  )

  it.effect("an interrupted look leaves nothing behind and takes nothing away", () =>
    Effect.gen(function* () {
      const { become, timeline, watchers } = made()
      const first = yield* timeline.now
      const looking = yield* Effect.forkChild(first.next, { startImmediately: true })
      assert.isFalse(watchers.isEmpty)
      yield* Fiber.interrupt(looking)
      assert.isTrue(watchers.isEmpty)
      become(1)
      assert.strictEqual((yield* first.next)?.value, 1)
    })
  )

  it.effect("nobody who looks goes on in the step of who changes it", () =>
    Effect.gen(function* () {
      const { become, timeline } = made()
      let seen: number | undefined
      const look = Effect.map((yield* timeline.now).next, (moment) => {
        seen = moment?.value
      })
      const looking = yield* Effect.forkChild(look, { startImmediately: true })
      become(1)
      assert.isUndefined(seen)
      yield* Fiber.join(looking)
      assert.strictEqual(seen, 1)
    })
  )
})
