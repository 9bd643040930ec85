/**
 * One thing that can be configured, and how its text becomes a value.
 */
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"

/**
 * A setting: a flag, an environment variable and a key of the configuration file at once.
 *
 * **Shapes**
 *
 * - `fallback` is text that goes through `parse` like that of any other source, so the default in the help is the real one.
 *   Empty: without this setting something else decides.
 * - `parse` gives `undefined` for a text that is not `allowed`.
 */
export interface Setting<A> {
  readonly key: string
  readonly metavar: string
  readonly description: string
  readonly allowed: string
  readonly fallback: string
  readonly parse: (text: string) => A | undefined
}

/** `maxFrame` → `max-frame` */
export const flagName = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `maxFrame` → `--max-frame` */
export const flagOf = (key: string): string => `--${flagName(key)}`

/** `maxFrame` → `TIDEGATE_MAX_FRAME` */
export const variableOf = (key: string): string => `TIDEGATE_${key.replace(/[A-Z]/g, "_$&").toUpperCase()}`

/** A whole number, both bounds included. */
export const integer =
  (minimum: number, maximum: number) =>
  (text: string): number | undefined => {
    if (!/^\d{1,15}$/.test(text)) return undefined
    const value = Number(text)
    return value >= minimum && value <= maximum ? value : undefined
  }

/** A whole number, or none at all. */
export const limit = (text: string): number | undefined =>
  text === "Infinity" ? Infinity : integer(0, Number.MAX_SAFE_INTEGER)(text)

/** A text; an empty one takes back what a weaker source says. */
export const optional = (text: string): Option.Option<string> => (text === "" ? Option.none() : Option.some(text))

/** Any text but none. */
export const nonEmpty = (text: string): string | undefined => (text === "" ? undefined : text)

/** One of some words. */
export const oneOf =
  <const Words extends ReadonlyArray<string>>(words: Words) =>
  (text: string): Words[number] | undefined =>
    words.find((word) => word === text)

/** `"10 seconds"`, `"200 millis"`, `"Infinity"` or `"0"`; the unit of any other number would have to be guessed. */
export const duration = (text: string): Duration.Duration | undefined => {
  if (text === "0") return Duration.zero
  // `Input` is the type of texts known to be right; `fromInput` itself takes any and tells.
  const parsed = Option.getOrUndefined(Duration.fromInput(text as Duration.Input))
  return parsed === undefined || Duration.toMillis(parsed) < 0 ? undefined : parsed
}

/** A number of bytes, with or without a unit: `"1MiB"`, `"64 kB"`, `"4096"`. */
export const bytes =
  (minimum: number, maximum: number) =>
  (text: string): number | undefined => {
    const size = Option.getOrUndefined(ByteSize.fromString(/^\d+$/.test(text) ? `${text}B` : text))
    return size === undefined || size < BigInt(minimum) || size > BigInt(maximum) ? undefined : Number(size)
  }

/** `info`, `Info` and `INFO` are one level. */
export const logLevel = (text: string): LogLevel.LogLevel | undefined =>
  LogLevel.values.find((level) => level.toLowerCase() === text.toLowerCase())
