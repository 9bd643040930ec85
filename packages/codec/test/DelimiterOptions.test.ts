import { assert, describe, it } from "@effect/vitest"
import * as Delimiter from "../src/Delimiter.ts"
import { InvalidCodecOptions, isInvalidCodecOptions } from "../src/InvalidCodecOptions.ts"
import { utf8 } from "./support/Bytes.ts"

/** Options as they come from a configuration: any value, whatever the types say. */
const messageFor = (options: unknown): string => {
  const made = Delimiter.tryMake(options as Delimiter.DelimiterOptions)
  return isInvalidCodecOptions(made) ? made.message : "made"
}

const delimiters = ["\n"]
const oneDelimiter = "one byte or more, as a Uint8Array or as a string that UTF-8 can express"
const list = `a list of one delimiter or more, each ${oneDelimiter}`
const maximum = "a whole number of bytes from 1 to 9007199254740991, or null or Infinity for no limit"

describe("DelimiterOptions", () => {
  it("takes every allowed value, and undefined for the default", () => {
    for (const options of [
      { delimiters },
      { delimiters: [utf8("\n"), "\r\n"] },
      { delimiters: ["\n", "\r\n"], terminator: utf8("\r\n") },
      { delimiters: ["aab", "bb", "é"], maxLength: undefined, failFast: undefined, terminator: undefined },
      { delimiters, stripTerminator: false, onTooLong: "discard", failFast: false, onPartialEof: "emit" },
      ...[1, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, null].map((maxLength) => ({ delimiters, maxLength }))
    ]) {
      assert.strictEqual(messageFor(options), "made")
    }
    assert.strictEqual(Delimiter.make({ delimiters }).name, "delimiter")
  })

  it("refuses every other value by its key, and says what is allowed", () => {
    for (const [options, complaint] of [
      [{}, `delimiters is missing, allowed: ${list}`],
      [{ delimiters: [] }, `delimiters is an empty array, allowed: ${list}`],
      [{ delimiters: "\n" }, `delimiters is "\\n", allowed: ${list}`],
      [{ delimiters: null }, `delimiters is null, allowed: ${list}`],
      [{ delimiters: [""] }, `delimiters[0] is "", allowed: ${oneDelimiter}`],
      [{ delimiters: ["\n", utf8("")] }, `delimiters[1] is "", allowed: ${oneDelimiter}`],
      [{ delimiters: ["\n", 10] }, `delimiters[1] is 10, allowed: ${oneDelimiter}`],
      [{ delimiters: ["\ud83d"] }, `delimiters[0] is "\\ud83d", allowed: ${oneDelimiter}`],
      // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested.
      [{ delimiters: ["\n", , "\0"] }, `delimiters[1] is missing, allowed: ${oneDelimiter}`],
      [{ delimiters: [["\n"]] }, `delimiters[0] is an array, allowed: ${oneDelimiter}`],
      [{ delimiters, terminator: ";" }, 'terminator is ";", allowed: one of the delimiters: "\\n"'],
      [{ delimiters, terminator: "" }, 'terminator is "", allowed: one of the delimiters: "\\n"'],
      [
        { delimiters, terminator: "\n", stripTerminator: false },
        'terminator is "\\n", allowed: none with stripTerminator: false, where each frame brings its own'
      ],
      [{ delimiters, stripTerminator: 1 }, "stripTerminator is 1, allowed: true or false"],
      [{ delimiters, failFast: "no" }, 'failFast is "no", allowed: true or false'],
      [{ delimiters, onTooLong: "drop" }, 'onTooLong is "drop", allowed: "discard" or "fatal"'],
      [{ delimiters, onPartialEof: "keep" }, 'onPartialEof is "keep", allowed: "error" or "drop" or "emit"'],
      ...[0, -1, 1.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1, Number.NEGATIVE_INFINITY].map(
        (maxLength) => [{ delimiters, maxLength }, `maxLength is ${maxLength}, allowed: ${maximum}`] as const
      ),
      [{ delimiters, maxLength: "5" }, `maxLength is "5", allowed: ${maximum}`],
      [
        { delimiter: "\n", delimiters },
        'delimiter is "\\n", allowed: no such option; there are ' +
          "delimiters, maxLength, stripTerminator, terminator, onTooLong, failFast, onPartialEof"
      ],
      [
        { delimiters: [new Uint8Array(65_535).fill(1), "\n"] },
        "delimiters is an array, allowed: at most 65535 bytes together, they have 65536"
      ]
    ] as const) {
      assert.strictEqual(messageFor(options), `delimiter codec: ${complaint}`)
    }
    for (const options of [null, 7, "\n", []]) {
      assert.match(messageFor(options), /^delimiter codec: options is .*, allowed: an object; delimiters is missing/)
    }
  })

  it("refuses a delimiter that can never win beside another, and names both", () => {
    const never = "allowed: a delimiter inside which no other one ends;"
    for (const [set, complaint] of [
      // A prefix.
      [["\n", "\n\n"], `delimiters[1] is "\\n\\n", ${never} delimiters[0], "\\n", always ends before it`],
      [["\r\n", "\r"], `delimiters[0] is "\\r\\n", ${never} delimiters[1], "\\r", always ends before it`],
      // An infix.
      [["abc", "b"], `delimiters[0] is "abc", ${never} delimiters[1], "b", always ends before it`],
      [
        [utf8("b\0"), utf8("ab\0c")],
        `delimiters[1] is <61 62 00 63>, ${never} delimiters[0], <62 00>, always ends before it`
      ],
      // The same.
      [["\n", utf8("\n")], 'delimiters[1] is "\\n", allowed: each delimiter once; delimiters[0] is the same'],
      // A suffix is fine, but not one that is a prefix too.
      [["aba", "a"], `delimiters[0] is "aba", ${never} delimiters[1], "a", always ends before it`],
      [
        ["<end of the message>", "message"],
        `delimiters[0] is "<end of the mess"… (20 bytes), ${never} delimiters[1], "message", always ends before it`
      ]
    ] as const) {
      assert.strictEqual(messageFor({ delimiters: set }), `delimiter codec: ${complaint}`)
    }
    for (const set of [
      ["\n", "\r\n"],
      ["c", "bc", "abc"],
      ["ab", "ba"],
      ["xy", "yz"]
    ]) {
      assert.strictEqual(messageFor({ delimiters: set }), "made")
    }
  })

  it("names all that is wrong at once", () => {
    const made = Delimiter.tryMake({ delimiters: ["a", "ab", "ac"], maxLength: 0, onTooLong: "discard" })
    assert.deepStrictEqual(isInvalidCodecOptions(made) ? made.invalid.map(({ key }) => key) : [], [
      "delimiters[1]",
      "delimiters[2]",
      "maxLength"
    ])
    assert.throws(() => Delimiter.make({ delimiters: [] }), InvalidCodecOptions)
  })

  it("options changed afterwards change nothing", () => {
    const delimiter = utf8(";")
    const list = [delimiter]
    const codec = Delimiter.make({ delimiters: list })
    delimiter.fill(97)
    list.push(utf8("b"))
    assert.strictEqual(codec.decoder().push(utf8("ab;")).length, 1)
    assert.strictEqual(codec.explain().slice(0, 20), 'A frame ends with ";')
  })
})
