import { assert, describe, it } from "@effect/vitest"
import { InvalidCodecOptions, isInvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import { readLineOptions } from "../src/internal/LineSettings.ts"
import * as Line from "../src/Line.ts"

/** Options as they come from a configuration: any value, whatever the types say. */
const fromConfiguration = (options: unknown): ReturnType<typeof Line.tryMake> =>
  Line.tryMake(options as Line.LineOptions)

const keys = (options: unknown): ReadonlyArray<string> => {
  const made = fromConfiguration(options)
  return isInvalidCodecOptions(made) ? made.invalid.map((option) => option.key) : []
}

describe("LineOptions", () => {
  it("takes none, every allowed value, and undefined for the default", () => {
    assert.strictEqual(Line.make().name, "line")
    assert.deepStrictEqual(keys({}), [])
    assert.deepStrictEqual(keys({ maxLength: undefined, failFast: undefined, encoding: undefined }), [])
    for (const maxLength of [1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, null]) {
      assert.deepStrictEqual(keys({ maxLength }), [])
    }
  })

  it("refuses every other value by its key", () => {
    for (const maxLength of [
      0,
      -1,
      1.5,
      Number.NaN,
      Number.MAX_SAFE_INTEGER + 1,
      Number.NEGATIVE_INFINITY,
      "5",
      5n,
      {}
    ]) {
      assert.deepStrictEqual(keys({ maxLength }), ["maxLength"])
    }
    for (const key of [
      "stripTerminator",
      "carriageReturn",
      "terminator",
      "encoding",
      "onTooLong",
      "failFast",
      "onPartialEof"
    ]) {
      for (const value of [null, "", "no", 0, {}]) assert.deepStrictEqual(keys({ [key]: value }), [key])
    }
    for (const options of [null, 7, "line", []]) assert.deepStrictEqual(keys(options), ["options"])
  })

  it("refuses keys that do not exist: a misspelt limit must not mean the default", () => {
    const made = fromConfiguration({ maxLenght: 10 })
    const names = "maxLength, encoding, stripTerminator, carriageReturn, terminator, onTooLong, failFast, onPartialEof"
    assert.strictEqual(
      isInvalidCodecOptions(made) ? made.message : "",
      `line codec: maxLenght is 10, allowed: no such option; there are ${names}`
    )
  })

  it("refuses a CR LF terminator that the decoder would not take off again", () => {
    assert.deepStrictEqual(keys({ terminator: "\r\n" }), [])
    assert.deepStrictEqual(keys({ terminator: "\r\n", carriageReturn: "keep" }), ["terminator"])
    assert.deepStrictEqual(keys({ terminator: "\r\n", stripTerminator: false }), ["terminator"])
    assert.deepStrictEqual(keys({ terminator: "\n", stripTerminator: false, carriageReturn: "keep" }), [])
  })

  it("names all that is wrong at once: key, value and what is allowed", () => {
    const made = fromConfiguration({ maxLength: 0, encoding: "latin1", failFast: [] })
    if (!isInvalidCodecOptions(made)) return assert.fail("made")
    assert.deepStrictEqual(
      made.invalid.map(({ key, value }) => [key, value]),
      [
        ["maxLength", 0],
        ["encoding", "latin1"],
        ["failFast", []]
      ]
    )
    assert.strictEqual(
      made.message,
      "line codec: maxLength is 0, allowed: a whole number of bytes from 1 to 9007199254740991, or null or Infinity for no" +
        ' limit; encoding is "latin1", allowed: "bytes" or "utf8"; failFast is an empty array, allowed: true or false'
    )
    assert.deepStrictEqual([made._tag, made.name, made.codec], ["InvalidCodecOptions", "InvalidCodecOptions", "line"])
  })

  it("no limit means the longest string where frames are text", () => {
    const settings = readLineOptions({ encoding: "utf8", maxLength: null })
    assert.strictEqual(isInvalidCodecOptions(settings) ? 0 : settings.maxLength, 536_870_888)
  })

  it("make throws what tryMake returns", () => {
    assert.throws(() => Line.make({ maxLength: -1 }), InvalidCodecOptions, "maxLength is -1")
  })

  it("options changed afterwards change nothing", () => {
    const options: { maxLength: number } = { maxLength: 2 }
    const codec = Line.make(options)
    options.maxLength = 100
    assert.strictEqual(codec.decoder().push(Uint8Array.of(97, 97, 97)).length, 1)
  })
})
