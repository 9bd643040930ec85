/**
 * What an option's value may be, in words and as a check: each key is told in the same words, once.
 *
 * Not with Effect's `Schema`: for this alone a server would load 1.3 MB of sources more, which is half as much again (decision 0014).
 */
import * as Duration from "effect/Duration"
import { InvalidOptions } from "./Errors.ts"

const units = ["weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"]

/** Duration takes it for 0: NaN, and an object without any unit that it knows. */
const isNoAmount = (u: unknown): boolean => {
  if (typeof u !== "object" || u === null || Duration.isDuration(u)) return Number.isNaN(u)
  const amounts: ReadonlyArray<unknown> = Array.isArray(u) ? u : units.map((unit) => Reflect.get(u, unit))
  const given = amounts.filter((amount) => amount !== undefined)
  return given.length === 0 || given.some((amount) => typeof amount !== "number" || Number.isNaN(amount))
}

export const isDurationInput = (u: unknown): u is Duration.Input => {
  try {
    return !isNoAmount(u) && Duration.toMillis(Duration.fromInputUnsafe(u as Duration.Input)) >= 0
  } catch {
    return false
  }
}

const isFiniteDuration = (u: unknown): boolean =>
  isDurationInput(u) && Duration.toMillis(Duration.fromInputUnsafe(u)) !== Number.POSITIVE_INFINITY

export const aDuration = 'a duration of 0 or more, such as "5 seconds" or 5000 (milliseconds)'

export const aFiniteDuration = aDuration.replace("a duration", "a finite duration")

/** One for each key, so that a value of the wrong type and one out of range are told in the same words, once. */
export interface Check {
  readonly expected: string
  readonly is: (u: unknown) => boolean
}

/** What may stand under each key. */
export type Fields = Readonly<Record<string, Check>>

export const required = (expected: string, is: Check["is"]): Check => ({ expected, is })

export const optional = (expected: string, is: Check["is"]): Check => ({
  expected,
  is: (u) => u === undefined || is(u)
})

/** One line for each key that is not known, then for each that has a value which is not allowed. */
export const badKeys = (fields: Fields, given: object, unknown = "unknown option"): ReadonlyArray<string> => {
  const known = Object.keys(fields).join(", ")
  const strange = Reflect.ownKeys(given).filter((key) => !isField(fields, key) && isEnumerable(given, key))
  const wrong = Object.entries(fields).filter(([key, { is }]) => !is(Reflect.get(given, key)))
  return [
    ...strange.map((key) => `${String(key)}: ${unknown}, known are ${known}`),
    ...wrong.map(([key, { expected }]) => `${key}: got ${print(Reflect.get(given, key))}, expected ${expected}`)
  ]
}

const isField = (fields: Fields, key: PropertyKey): boolean => Object.hasOwn(fields, key)

const isEnumerable = (given: object, key: PropertyKey): boolean =>
  Object.prototype.propertyIsEnumerable.call(given, key)

/** An object with keys; a list is none. */
export const isRecord = (u: unknown): u is object => typeof u === "object" && u !== null && !Array.isArray(u)

/** What is said of options that are no record. */
export const notARecord = (u: unknown): string =>
  `options: got ${Array.isArray(u) ? "a list" : print(u)}, expected an object`

export const isWhole =
  (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  (u: unknown): boolean =>
    typeof u === "number" && Number.isInteger(u) && u >= minimum && u <= maximum

export const anything = optional("anything", () => true)
export const text = optional("a text of 1 character or more", (u) => typeof u === "string" && u.length > 0)
export const bool = optional("true or false", (u) => typeof u === "boolean")
export const duration = optional(aDuration, isDurationInput)
export const finiteDuration = optional(aFiniteDuration, isFiniteDuration)
export const count = optional("a whole number, 1 or more", isWhole(1))
export const bytes = optional("a number of bytes, 1 or more", isWhole(1))
export const bytesOrNone = optional("a number of bytes, 0 or more", isWhole(0))
export const limit = optional("a whole number, 0 or more, or Infinity", (u) => u === Infinity || isWhole(0)(u))

/** One of some words. */
export const oneOf = (...words: ReadonlyArray<string>) => {
  const quoted = words.map((word) => JSON.stringify(word))
  return optional(`${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`, (u) => words.some((word) => word === u))
}

/** The duration of an option that comes later than the others; throws `InvalidOptions`. */
export const durationOf = (key: string, input: unknown): Duration.Duration => {
  if (isDurationInput(input)) return Duration.fromInputUnsafe(input)
  throw new InvalidOptions({ issue: `${key}: got ${print(input)}, expected ${aDuration}` })
}

/** {@link durationOf}, of one that must have an end. */
export const finiteDurationOf = (key: string, input: unknown): Duration.Duration => {
  if (isFiniteDuration(input)) return durationOf(key, input)
  throw new InvalidOptions({ issue: `${key}: got ${print(input)}, expected ${aFiniteDuration}` })
}

/** A value as a message shows it. */
export const print = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value)
    case "function":
      return "a function"
    case "object":
      return value === null ? "null" : "an object"
    default:
      return String(value)
  }
}
