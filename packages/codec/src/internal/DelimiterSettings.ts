/**
 * The options of the delimiter codec, checked.
 *
 * @since 0.1.0
 */
import { InvalidCodecOptions } from "../InvalidCodecOptions.ts"
import { bytesInWords } from "./BytesInWords.ts"
import { DelimiterAutomaton, longestDelimiters } from "./DelimiterAutomaton.ts"
import { type Marks, marksOf } from "./DelimiterCandidates.ts"
import { OptionReader } from "./OptionReader.ts"
import { encodeUtf8 } from "./Utf8.ts"

/**
 * `DelimiterOptions` with every default filled in; no limit is `Infinity`.
 *
 * @category options
 * @since 0.1.0
 */
export interface DelimiterSettings {
  readonly automaton: DelimiterAutomaton
  readonly marks: Marks
  readonly terminator: Uint8Array
  readonly maxLength: number
  readonly stripTerminator: boolean
  readonly onTooLong: "discard" | "fatal"
  readonly failFast: boolean
  readonly onPartialEof: "error" | "drop" | "emit"
}

const oneMebibyte = 1_048_576
const noBytes = new Uint8Array(0)
const allowedDelimiter = "one byte or more, as a Uint8Array or as a string that UTF-8 can express"
const allowedList = `a list of one delimiter or more, each ${allowedDelimiter}`

/**
 * Checks options and fills in the defaults.
 *
 * @category options
 * @since 0.1.0
 */
export const readDelimiterOptions = (options: unknown): DelimiterSettings | InvalidCodecOptions => {
  const reader = new OptionReader(options)
  const automaton = new DelimiterAutomaton(readDelimiters(reader))
  rejectConflicts(reader, automaton)
  const maxLength = reader.maxBytes("maxLength", oneMebibyte)
  const stripTerminator = reader.flag("stripTerminator", true)
  const settings: DelimiterSettings = {
    automaton,
    marks: marksOf(automaton.delimiters),
    terminator: readTerminator(reader, automaton.delimiters, stripTerminator),
    maxLength,
    stripTerminator,
    onTooLong: reader.oneOf("onTooLong", ["discard", "fatal"], "fatal"),
    failFast: reader.flag("failFast", true),
    onPartialEof: reader.oneOf("onPartialEof", ["error", "drop", "emit"], "error")
  }
  reader.rejectUnknownKeys()
  return reader.invalid.length === 0 ? settings : new InvalidCodecOptions("delimiter", reader.invalid)
}

const readDelimiters = (reader: OptionReader): ReadonlyArray<Uint8Array> => {
  const given = reader.anything("delimiters")
  if (!Array.isArray(given) || given.length === 0) {
    reader.reject("delimiters", given, allowedList)
    return []
  }
  const values: ReadonlyArray<unknown> = given
  // `Array.from` also finds the holes of a sparse list.
  const delimiters = Array.from(values, bytesOf)
  for (const [index, delimiter] of delimiters.entries()) {
    if (delimiter === undefined) reader.reject(`delimiters[${index}]`, values[index], allowedDelimiter)
  }
  const found = delimiters.filter((delimiter) => delimiter !== undefined)
  const size = found.reduce((sum, delimiter) => sum + delimiter.length, 0)
  if (size > longestDelimiters) {
    reader.reject("delimiters", given, `at most ${longestDelimiters} bytes together, they have ${size}`)
  }
  return found.length === delimiters.length && size <= longestDelimiters ? found : []
}

// Copied: what is changed later must change nothing here. `undefined`: this is no delimiter.
const bytesOf = (value: unknown): Uint8Array | undefined => {
  if (typeof value === "string") return value === "" || !value.isWellFormed() ? undefined : encodeUtf8(value)
  return value instanceof Uint8Array && value.length > 0 ? new Uint8Array(value) : undefined
}

const rejectConflicts = (reader: OptionReader, automaton: DelimiterAutomaton): void => {
  for (const { loser, winner } of automaton.conflicts()) {
    const { [loser]: lost = noBytes, [winner]: won = noBytes } = automaton.delimiters
    reader.reject(
      `delimiters[${loser}]`,
      lost,
      isSame(lost, won)
        ? `each delimiter once; delimiters[${winner}] is the same`
        : `a delimiter inside which no other one ends; delimiters[${winner}], ${bytesInWords(won)}, always ends before it`
    )
  }
}

const readTerminator = (
  reader: OptionReader,
  delimiters: ReadonlyArray<Uint8Array>,
  stripTerminator: boolean
): Uint8Array => {
  const [first = noBytes] = delimiters
  const given = reader.anything("terminator")
  if (given === undefined) return first
  const bytes = bytesOf(given)
  const found = delimiters.find((delimiter) => bytes !== undefined && isSame(delimiter, bytes))
  if (!stripTerminator) {
    reader.reject("terminator", given, "none with stripTerminator: false, where each frame brings its own")
  } else if (found === undefined) {
    reader.reject("terminator", given, `one of the delimiters: ${delimiters.map(bytesInWords).join(", ")}`)
  }
  return found ?? first
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index])
