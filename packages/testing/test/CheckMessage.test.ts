/**
 * What a check says, and what it keeps to itself.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Property } from "@tidegate/testing/Check"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { prettyJson } from "../src/internal/check/PrettyJson.ts"
import { check, failureOf, replayFailure } from "./check/Checking.ts"

const Size = Schema.Struct({ size: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 50 }))) })

const running = (run: (size: number) => Effect.Effect<void, unknown>): Property<typeof Size.Type, void> => ({
  name: "running",
  scenario: Size,
  run: ({ size }) => run(size),
  maxMilliseconds: 1000
})

describe("what a failure is called", () => {
  it.effect("shows what a program failed with, whatever it is", () =>
    Effect.gen(function* () {
      const shown: ReadonlyArray<readonly [unknown, string]> = [
        ["no", "no"],
        [{ _tag: "Nope", why: "because" }, '{"_tag":"Nope","why":"because"}'],
        [Object.create(null), "{}"],
        [undefined, "undefined"],
        [new RangeError("too far"), "RangeError: too far"]
      ]
      for (const [error, detail] of shown) {
        const failure = yield* failureOf(running(() => Effect.fail(error)))
        assert.strictEqual(failure.invariant, "defect")
        assert.strictEqual(failure.detail, detail)
      }
    })
  )

  it.effect("names the limit that ended the run, and what a deadlock may be instead", () =>
    Effect.gen(function* () {
      const endless = yield* failureOf(running(() => Effect.sleep("1 hour")))
      assert.strictEqual(
        endless.detail,
        "at 0 ms, after 0 steps: it goes on and on, or needs more than maxMilliseconds"
      )
      const deadlock = yield* failureOf(running(() => Effect.promise(() => Promise.resolve())))
      assert.include(deadlock.detail, "promises, host timers and sockets are not waited for")
    })
  )
})

describe("what a program logs", () => {
  it.effect("is logged by the last run of a failure and by a replay, not by the many of a search", () =>
    Effect.gen(function* () {
      const logs: Array<boolean> = []
      const noting = (run: Effect.Effect<void, string>) =>
        running(() =>
          Effect.andThen(
            Effect.map(Logger.CurrentLoggers, (loggers) => void logs.push(loggers.size > 0)),
            run
          )
        )
      yield* check(noting(Effect.void), { runs: 20 })
      assert.deepStrictEqual(new Set(logs), new Set([false]))
      logs.length = 0
      const { fixture } = yield* failureOf(noting(Effect.fail("no")))
      assert.isAbove(logs.length, 2)
      assert.deepStrictEqual(logs.indexOf(true), logs.length - 1)
      logs.length = 0
      yield* replayFailure(noting(Effect.fail("no")), fixture)
      assert.deepStrictEqual(logs, [true, false], "of the two runs that are compared, the first")
    })
  )
})

describe("a scenario as it is printed", () => {
  const Any: Schema.Codec<Schema.Json> = Schema.Json

  it.effect.prop("is JSON", { json: Arbitrary.schema(Any) }, ({ json }) =>
    Effect.sync(() => assert.deepStrictEqual(JSON.parse(prettyJson(json)), JSON.parse(JSON.stringify(json))))
  )

  it("has on one line what fits on one", () => {
    const writer = { adds: 1, startsAfter: 0 }
    assert.strictEqual(
      prettyJson({ writers: [writer, writer], empty: {}, none: [] }),
      [
        "{",
        '  "writers": [',
        '    { "adds": 1, "startsAfter": 0 },',
        '    { "adds": 1, "startsAfter": 0 }',
        "  ],",
        '  "empty": {},',
        '  "none": []',
        "}"
      ].join("\n")
    )
    assert.strictEqual(
      prettyJson({ names: Array.from({ length: 3 }, (_, at) => `${at}`.repeat(30)) }),
      [
        "{",
        '  "names": [',
        `    "${"0".repeat(30)}",`,
        `    "${"1".repeat(30)}",`,
        `    "${"2".repeat(30)}"`,
        "  ]",
        "}"
      ].join("\n")
    )
  })
})
