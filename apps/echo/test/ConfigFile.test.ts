import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { parse, read } from "../src/ConfigFile.ts"
import { settingList } from "../src/Settings.ts"

const known = settingList.map(({ key }) => key).join(", ")

const issuesOf = (text: string): ReadonlyArray<string> => {
  const result = parse("echo.json", text)
  return Result.isFailure(result) ? result.failure.issues : assert.fail("accepted")
}

describe("ConfigFile", () => {
  it("unknown keys are errors that name the known ones, all of them at once", () => {
    assert.deepStrictEqual(issuesOf(`{ "prot": 80, "port": 80, "__proto__": 1, "config": "x" }`), [
      `echo.json: prot: unknown key with the value 80, known are ${known}`,
      `echo.json: __proto__: unknown key with the value 1, known are ${known}`,
      `echo.json: config: unknown key with the value "x", known are ${known}`
    ])
  })

  it("values that are not single are errors, also null, which would look unset", () => {
    assert.deepStrictEqual(issuesOf(`{ "port": { "a": 1 }, "host": null, "work": ["1 second"] }`), [
      `echo.json: port: got {"a":1}, expected a port, 0 to 65535`,
      "echo.json: host: got null, expected an IP address or a name",
      `echo.json: work: got ["1 second"], expected a duration such as "5 seconds" or "200 millis", "0" or "Infinity"`
    ])
  })

  it("what is no object is an error", () => {
    assert.deepStrictEqual(issuesOf("[1]"), [`echo.json: got [1], expected an object with the keys ${known}`])
    assert.match(issuesOf("{ port: 1 }").join(), /^echo\.json: not JSON: /)
    assert.match(issuesOf("").join(), /^echo\.json: not JSON: /)
  })

  it.effect("a file that cannot be read is an error that says why", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(read("/no/such/echo.json"))
      assert.strictEqual(missing.message, "/no/such/echo.json: cannot be read: no such file (ENOENT)")
      const folder = fileURLToPath(new URL(".", import.meta.url))
      assert.strictEqual(
        (yield* Effect.flip(read(folder))).message,
        `${folder}: cannot be read: it is a directory (EISDIR)`
      )
    })
  )
})
