import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { parse } from "../src/CommandLine.ts"
import { plainFlags } from "../src/PlainFlags.ts"
import { flagOf } from "../src/Setting.ts"
import { settingList } from "../src/Settings.ts"

const keys = ["config", ...settingList.map(({ key }) => key)]

const someKey = Arbitrary.schema(Schema.Literals(keys))
const value = Arbitrary.schema(
  Schema.Union([
    Schema.Literals([
      "0",
      "80",
      "",
      "-",
      "--",
      "-5",
      "--port",
      "a=b",
      "=",
      " ",
      "5 seconds",
      "::1",
      "true",
      "\n",
      "'x'"
    ]),
    Schema.String
  ])
)

/** Mostly a flag and its value, in one word or two; now and then something else. */
const words = Arbitrary.map(
  Arbitrary.all({
    key: someKey,
    value,
    form: Arbitrary.schema(Schema.Literals(["two words", "two words", "one word", "one word", "no value", "value"]))
  }),
  ({ form, key, value }): ReadonlyArray<string> => {
    switch (form) {
      case "two words":
        return [flagOf(key), value]
      case "one word":
        return [`${flagOf(key)}=${value}`]
      case "no value":
        return [flagOf(key)]
      default:
        return [value]
    }
  }
)

/** How often the property has met each. */
let plain = 0
let others = 0

describe("plain flags", () => {
  it("are known ones with a value each, in one word or two", () => {
    const argv = keys.flatMap((key, at) => (at % 2 === 0 ? [flagOf(key), `v${at}`] : [`${flagOf(key)}=v${at}`]))
    assert.deepStrictEqual(plainFlags(argv), Object.fromEntries(keys.map((key, at) => [key, `v${at}`])))
    assert.deepStrictEqual(plainFlags([]), {})
  })

  for (const argv of [
    ["--help"],
    ["-h"],
    ["--version"],
    ["--completions", "bash"],
    ["--port", "1", "--help"],
    ["--prot", "80"],
    ["--port"],
    ["--port", "-5"],
    ["--port", "1", "--port", "2"],
    ["80"],
    ["--no-port"],
    ["--maxFrame", "1"]
  ]) {
    it(`are not ${argv.join(" ")}`, () => {
      assert.isUndefined(plainFlags(argv))
    })
  }

  it.effect.prop(
    "are read as the whole command line reads them",
    { argv: Arbitrary.map(Arbitrary.array(words, { maxLength: 4 }), (some) => some.flat()) },
    ({ argv }) =>
      Effect.gen(function* () {
        const flags = plainFlags(argv)
        if (flags === undefined) {
          others++
          return
        }
        plain++
        assert.deepStrictEqual(yield* parse(argv, false), { _tag: "Run", flags })
      }),
    { arbitrary: { runs: 1000 } }
  )

  afterAll(() => {
    if (plain + others === 0) return
    assert.isAbove(plain, 200)
    assert.isAbove(others, 200)
  })
})
