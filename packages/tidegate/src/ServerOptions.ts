/**
 * What a server is made of, checked before anything is bound.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { CloseBounds } from "./CloseLadder.ts"
import { InvalidOptions } from "./Errors.ts"
import { type Handler, isHandler } from "./Handler.ts"
import type { ListenOptions } from "./Transport.ts"

/**
 * Options of a server. Only the handler is required.
 *
 * **Shapes**
 *
 * - `host`, `port`: where to listen; default `127.0.0.1` and 0, which takes any free port.
 * - `name`: stands in logs and errors; default `tidegate`.
 * - `drainTimeout`: how long a graceful shutdown waits before it aborts what is left; default 30 seconds. `"Infinity"` waits
 *   for ever: one connection that never ends then holds it for ever.
 * - `closeTimeout`: how long a peer may take none of the bytes that it is owed at the end of its connection; default 5 seconds.
 * - `lingerTimeout`: how long a peer may leave its FIN out after this side's; default 2 seconds. `maxLingerBytes`: what it may
 *   still send meanwhile; default 1 MiB.
 * - `backlog`, `maxUntaken`, `noDelay`, `keepAliveDelay`, `highWaterMarkBytes`, `lowWaterMarkBytes`, `readAheadBytes`: as in
 *   the transport's listen options.
 *
 * @see {@link ListenOptions}
 * @category options
 * @source S64, S65, B7
 * @since 0.1.0
 */
export interface ServerOptions<out E = unknown, out R = never> extends Partial<ListenOptions> {
  readonly handler: Handler<E, R>
  readonly name?: string | undefined
  readonly drainTimeout?: Duration.Input | undefined
  readonly closeTimeout?: Duration.Input | undefined
  readonly lingerTimeout?: Duration.Input | undefined
  readonly maxLingerBytes?: number | undefined
}

/** Options with every default filled in. */
export interface Settings<E, R> {
  readonly handler: Handler<E, R>
  readonly name: string
  readonly listen: ListenOptions
  readonly drainTimeout: Duration.Duration
  readonly bounds: CloseBounds
}

const units = ["weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"]

/** Duration takes it for 0: NaN, and an object without any unit that it knows. */
const isNoAmount = (u: unknown): boolean => {
  if (typeof u !== "object" || u === null || Duration.isDuration(u)) return Number.isNaN(u)
  const amounts: ReadonlyArray<unknown> = Array.isArray(u) ? u : units.map((unit) => Reflect.get(u, unit))
  const given = amounts.filter((amount) => amount !== undefined)
  return given.length === 0 || given.some((amount) => typeof amount !== "number" || Number.isNaN(amount))
}

const isDurationInput = (u: unknown): u is Duration.Input => {
  try {
    return !isNoAmount(u) && Duration.toMillis(Duration.fromInputUnsafe(u as Duration.Input)) >= 0
  } catch {
    return false
  }
}

const aDuration = 'a duration of 0 or more, such as "5 seconds" or 5000 (milliseconds)'

/** One check for each key, so that a value of the wrong type and one out of range are told in the same words, once. */
const allowed = (expected: string, is: (u: unknown) => boolean) =>
  Schema.Unknown.pipe(Schema.check(Schema.makeFilter(is, { expected })))

const optional = (expected: string, is: (u: unknown) => boolean) => Schema.optional(allowed(expected, is))

const isWhole =
  (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  (u: unknown): boolean =>
    typeof u === "number" && Number.isInteger(u) && u >= minimum && u <= maximum

const text = optional("a text of 1 character or more", (u) => typeof u === "string" && u.length > 0)
const duration = optional(aDuration, isDurationInput)
const count = optional("a whole number, 1 or more", isWhole(1))
const bytes = optional("a number of bytes, 1 or more", isWhole(1))
const bytesOrNone = optional("a number of bytes, 0 or more", isWhole(0))

const aHandler = "a handler made by Handler.connection or Handler.frames"

const OptionsSchema = Schema.Struct({
  handler: allowed(aHandler, isHandler).pipe(Schema.annotateKey({ messageMissingKey: `Expected ${aHandler}` })),
  name: text,
  host: text,
  port: optional("a port, 0 to 65535", isWhole(0, 65_535)),
  drainTimeout: duration,
  closeTimeout: duration,
  lingerTimeout: duration,
  maxLingerBytes: bytesOrNone,
  backlog: count,
  maxUntaken: count,
  noDelay: optional("true or false", (u) => typeof u === "boolean"),
  keepAliveDelay: duration,
  highWaterMarkBytes: bytes,
  lowWaterMarkBytes: bytesOrNone,
  readAheadBytes: bytes
})

const decode = Schema.decodeUnknownResult(OptionsSchema)
const issues = SchemaIssue.makeFormatterStandardSchemaV1()
const known = Object.keys(OptionsSchema.fields)

/**
 * Checks the options and fills in the defaults.
 *
 * **Errors**
 *
 * - `InvalidOptions` names every bad key with its value and what is allowed.
 */
export const check = <E, R>(options: ServerOptions<E, R>): Effect.Effect<Settings<E, R>, InvalidOptions> => {
  const lines = [...badKeys(options), ...contradictions(options)]
  return lines.length === 0
    ? Effect.succeed(withDefaults(options))
    : Effect.fail(new InvalidOptions({ issue: lines.join("; ") }))
}

const badKeys = (options: unknown): ReadonlyArray<string> => {
  const result = decode(options, { onExcessProperty: "error", errors: "all" })
  if (Result.isSuccess(result)) return []
  return issues(result.failure.issue).issues.map((issue) => describe(options, issue.path?.[0], issue.message))
}

/** What no single key can tell; keys that are bad themselves are left to `badKeys`. */
const contradictions = <E, R>(options: ServerOptions<E, R>): ReadonlyArray<string> => {
  const lines: Array<string> = []
  if (isHandler(options?.handler) && options.handler.invalid !== undefined) {
    lines.push(`handler.${options.handler.invalid}`)
  }
  const { highWaterMarkBytes: high = 65_536, lowWaterMarkBytes: low = 0 } = options ?? {}
  if (isWhole(0)(low) && isWhole(1)(high) && low > high) {
    lines.push(`lowWaterMarkBytes: got ${low}, expected at most highWaterMarkBytes (${high})`)
  }
  return lines
}

/** The duration of an option that comes later than the others; throws `InvalidOptions`. */
export const durationOf = (key: string, input: unknown): Duration.Duration => {
  if (isDurationInput(input)) return Duration.fromInputUnsafe(input)
  throw new InvalidOptions({ issue: `${key}: got ${print(input)}, expected ${aDuration}` })
}

const withDefaults = <E, R>(options: ServerOptions<E, R>): Settings<E, R> => ({
  handler: options.handler,
  name: options.name ?? "tidegate",
  listen: { ...options, host: options.host ?? "127.0.0.1", port: options.port ?? 0 },
  drainTimeout: Duration.fromInputUnsafe(options.drainTimeout ?? "30 seconds"),
  bounds: {
    closeTimeout: Duration.fromInputUnsafe(options.closeTimeout ?? "5 seconds"),
    lingerTimeout: Duration.fromInputUnsafe(options.lingerTimeout ?? "2 seconds"),
    maxLingerBytes: options.maxLingerBytes ?? 1_048_576
  }
})

const describe = (options: unknown, key: unknown, message: string): string => {
  if (typeof options !== "object" || options === null || key === undefined) {
    return `options: got ${print(options)}, expected an object with a handler`
  }
  const name = typeof key === "object" && key !== null && "key" in key ? String(key.key) : String(key)
  if (!known.includes(name)) return `${name}: unknown option, known are ${known.join(", ")}`
  const expected = message.charAt(0).toLowerCase() + message.slice(1)
  return `${name}: got ${print(Reflect.get(options, name))}, ${expected}`
}

const print = (value: unknown): string => {
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
