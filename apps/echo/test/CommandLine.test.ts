import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parse } from "../src/CommandLine.ts"
import { flagOf } from "../src/Setting.ts"
import { settingList } from "../src/Settings.ts"

const issuesOf = (...argv: ReadonlyArray<string>) => Effect.map(Effect.flip(parse(argv, false)), ({ issues }) => issues)

const printed = (...argv: ReadonlyArray<string>) =>
  Effect.map(parse(argv, false), (result) => (result._tag === "Print" ? result.text : assert.fail("nothing to print")))

describe("CommandLine", () => {
  it.effect("every setting has its flag, and the config file has one", () =>
    Effect.gen(function* () {
      const argv = settingList.flatMap(({ fallback, key }) => [flagOf(key), fallback])
      const expected = Object.fromEntries(settingList.map(({ fallback, key }) => [key, fallback]))
      const flags = { ...expected, config: "echo.json" }
      assert.deepStrictEqual(yield* parse([...argv, "--config=echo.json"], false), { _tag: "Run", flags })
    })
  )

  it.effect("values are handed on as they are, also bad ones: sources are checked together", () =>
    Effect.gen(function* () {
      const flags = { port: "-5", host: "" }
      assert.deepStrictEqual(yield* parse(["--port", "-5", "--host="], false), { _tag: "Run", flags })
    })
  )

  it.effect("what is no flag is an error that names the flags", () =>
    Effect.gen(function* () {
      const known = ["--config", ...settingList.map(({ key }) => flagOf(key))].join(", ")
      assert.include(known, "--port, --path, --framing, --max-frame, ")
      assert.deepStrictEqual(yield* issuesOf("--prot", "80"), [`--prot: unknown flag, known are ${known}`])
      assert.deepStrictEqual(yield* issuesOf("80"), [`"80": expected a flag, known are ${known}`])
    })
  )

  it.effect(
    "several things that are no flags name the flags only once, also where they are one value with a dash",
    () =>
      Effect.gen(function* () {
        const [misspelt, ...others] = yield* issuesOf("--prot", "80", "--hots=::")
        assert.match(misspelt ?? "", /^--prot, --hots: unknown flags, known are --config, /)
        assert.deepStrictEqual(others, [])
        const issues = yield* issuesOf("--idle-timeout", "-5 seconds")
        assert.strictEqual(issues.length, 2)
        assert.match(issues[0] ?? "", /^--idle-timeout: got no value, expected a duration such as /)
        assert.match(issues[1] ?? "", /^-5: unknown flag, known are /)
      })
  )

  it.effect("a flag without its value, or with two, is an error", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* issuesOf("--port"), ["--port: got no value, expected a port, 0 to 65535"])
      assert.deepStrictEqual(yield* issuesOf("--port", "1", "--port", "2"), [
        "--port: got 2 occurrences, expected at most 1 value"
      ])
    })
  )

  it.effect("help names every flag with its default, and the signals", () =>
    Effect.gen(function* () {
      const text = yield* printed("--help")
      for (const { fallback, key } of settingList) {
        const isDefault = fallback === "" ? "" : `Default: ${fallback}\\.`
        assert.match(text, new RegExp(`${flagOf(key)} .*${isDefault}`))
      }
      for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"]) assert.include(text, signal)
      assert.strictEqual(text, yield* printed("-h", "--port", "x"))
    })
  )

  it.effect("the version is that of the package", () =>
    Effect.gen(function* () {
      assert.match(yield* printed("--version"), /^echo v\d+\.\d+\.\d+$/)
    })
  )
})
