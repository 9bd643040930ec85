import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as EffectString from "effect/String"
import { bytes, duration, flagOf, integer, limit, logLevel, oneOf, variableOf } from "../src/Setting.ts"
import { settingList } from "../src/Settings.ts"

const millis = (text: string): number | undefined => {
  const parsed = duration(text)
  return parsed === undefined ? undefined : Duration.toMillis(parsed)
}

describe("Setting", () => {
  it("durations have a unit, but for 0", () => {
    assert.strictEqual(millis("0"), 0)
    assert.strictEqual(millis("10 seconds"), 10_000)
    assert.strictEqual(millis("1.5 seconds"), 1500)
    assert.strictEqual(millis("200 millis"), 200)
    assert.strictEqual(millis("Infinity"), Number.POSITIVE_INFINITY)
    for (const text of ["", "5", "-5 seconds", "-Infinity", "NaN", "5s", "five seconds", "seconds"]) {
      assert.isUndefined(duration(text), text)
    }
  })

  it("sizes have a unit or are bytes, within their bounds", () => {
    const size = bytes(1, 1024)
    assert.strictEqual(size("1"), 1)
    assert.strictEqual(size("1KiB"), 1024)
    assert.strictEqual(size("1 kB"), 1000)
    assert.strictEqual(size("0.5KiB"), 512)
    for (const text of ["", "0", "1025", "1MiB", "-1", "1.5", "0.3B", "1e2", "KiB", "10 kilo"]) {
      assert.isUndefined(size(text), text)
    }
  })

  it("whole numbers are nothing else", () => {
    const port = integer(0, 65_535)
    assert.strictEqual(port("0"), 0)
    assert.strictEqual(port("65535"), 65_535)
    for (const text of ["", "65536", "-1", "1.0", "1e3", "0x10", " 80", "80 ", "99999999999999999999"]) {
      assert.isUndefined(port(text), text)
    }
  })

  it("a limit is a whole number or none", () => {
    assert.strictEqual(limit("0"), 0)
    assert.strictEqual(limit("10000"), 10_000)
    assert.strictEqual(limit("Infinity"), Number.POSITIVE_INFINITY)
    for (const text of ["", "-1", "1.5", "-Infinity", "infinity", "none"]) assert.isUndefined(limit(text), text)
  })

  it("words are taken as they are, log levels in any case", () => {
    assert.strictEqual(oneOf(["line", "raw"])("raw"), "raw")
    assert.isUndefined(oneOf(["line", "raw"])("Raw"))
    assert.strictEqual(logLevel("debug"), "Debug")
    assert.strictEqual(logLevel("DEBUG"), "Debug")
    assert.isUndefined(logLevel("loud"))
  })

  it("every key has a flag and a variable, and every default is allowed", () => {
    assert.strictEqual(flagOf("drainTimeout"), "--drain-timeout")
    for (const { fallback, key, parse } of settingList) {
      assert.strictEqual(flagOf(key), `--${EffectString.kebabCase(key)}`)
      assert.strictEqual(variableOf(key), `TIDEGATE_${EffectString.constantCase(key)}`)
      assert.notStrictEqual(parse(fallback), undefined, key)
    }
  })
})
