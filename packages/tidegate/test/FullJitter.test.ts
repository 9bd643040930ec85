import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import { fullJitter } from "tidegate/FullJitter"
import { FailureRow } from "../src/FailureRow.ts"

/** The first pauses of a client that draws from this seed. */
const pauses = (count: number, seed: string, options: Parameters<typeof fullJitter>[0] = {}) =>
  Effect.gen(function* () {
    const step = yield* Schedule.toStep(fullJitter(options))
    const all: Array<number> = []
    for (let at = 0; at < count; at++) all.push(Duration.toMillis((yield* Effect.orDie(step(0, undefined)))[1]))
    return all
  }).pipe(Random.withSeed(seed))

describe("full jitter", () => {
  it.effect("FF-86 one seed waits the same each time, and another one otherwise", () =>
    Effect.gen(function* () {
      const first = yield* pauses(8, "a")
      assert.deepStrictEqual(yield* pauses(8, "a"), first)
      assert.notDeepEqual(yield* pauses(8, "b"), first)
    })
  )

  it.effect("FF-15 FF-86 pauses are spread over the whole of the delay, which doubles up to its bound", () =>
    Effect.gen(function* () {
      const clients = yield* Effect.forEach(Array.from({ length: 1000 }), (_, at) =>
        pauses(6, `client ${at}`, {
          first: 100,
          longest: 1000
        })
      )
      const windows = [100, 200, 400, 800, 1000, 1000]
      windows.forEach((window, failure) => {
        const quarters = [0, 0, 0, 0]
        for (const client of clients) {
          const pause = client[failure] ?? -1
          assert.isTrue(pause >= 0 && pause < window, `${pause} of ${window}`)
          const quarter = Math.floor((4 * pause) / window)
          quarters[quarter] = (quarters[quarter] ?? 0) + 1
        }
        // 250 expected; with 1000 draws the standard deviation is 14.
        for (const count of quarters)
          assert.isTrue(Math.abs(count - 250) < 70, `failure ${failure}: ${quarters.join()}`)
      })
    })
  )

  it.effect("FF-86 the delay stays at its bound, however long the row", () =>
    Effect.gen(function* () {
      const all = yield* pauses(2000, "long", { first: "1 second", longest: "30 seconds" })
      assert.isTrue(all.every((pause) => pause < 30_000))
      assert.isTrue(all.slice(1900).some((pause) => pause > 15_000))
    })
  )
})

describe("a row of failures", () => {
  const doubling = Schedule.exponential(100, 2)

  it.effect("FF-86 ends only after a healthy period, not with a connection", () =>
    Effect.gen(function* () {
      const row = new FailureRow(doubling, 10_000)
      const next = Effect.map(row.next("lost"), (pause) => pause && Duration.toMillis(pause))
      assert.deepStrictEqual([yield* next, yield* next], [100, 200])
      row.wasWellFor(9999)
      assert.strictEqual(yield* next, 400)
      assert.strictEqual(row.length, 3)
      row.wasWellFor(10_000)
      assert.strictEqual(row.length, 0)
      assert.strictEqual(yield* next, 100)
    })
  )

  it.effect("ends with its schedule, which sees the failures and the time", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const schedule = Schedule.recurs(2).pipe(
        Schedule.setInputType<string>(),
        Schedule.tap(({ elapsed, input }) => Effect.sync(() => void seen.push([input, elapsed])))
      )
      const row = new FailureRow(schedule, 10_000)
      assert.isDefined(yield* row.next("a"))
      yield* TestClock.adjust(50)
      assert.isDefined(yield* row.next("b"))
      assert.isUndefined(yield* row.next("c"))
      assert.deepStrictEqual(seen, [
        ["a", 0],
        ["b", 50]
      ])
    })
  )
})
