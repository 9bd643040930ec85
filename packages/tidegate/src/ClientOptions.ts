/**
 * What the clients of one target have in common, checked before anything is dialled.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { checkDial, type DialOptions } from "./DialOptions.ts"
import { InvalidOptions } from "./Errors.ts"
import * as Option from "./OptionChecks.ts"
import type { Target } from "./Target.ts"

/** What may stand under each key. */
export type Fields = Readonly<Record<string, ReturnType<typeof Option.optional>>>

/** The keys that every client has. */
export const clientFields = {
  dial: Option.optional("an object, as for Dialer.connect", (u) => typeof u === "object" && u !== null),
  setup: Option.optional("a function", (u) => typeof u === "function"),
  closeTimeout: Option.duration,
  lingerTimeout: Option.duration,
  maxLingerBytes: Option.bytesOrNone,
  drainTimeout: Option.duration,
  maxWaiting: Option.limit
}

/** As many as connections that wait for a slot of a server, by default. */
export const defaultMaxWaiting = 1024

/**
 * Checks what a client is made of.
 *
 * **Errors**
 *
 * - `InvalidOptions` names every bad key with its value and what is allowed.
 */
export const checkClient = <R>(
  fields: Fields,
  target: Target,
  options: { readonly dial?: DialOptions<R> | undefined }
): Effect.Effect<void, InvalidOptions> => {
  if (typeof options !== "object" || options === null) {
    return Effect.fail(new InvalidOptions({ issue: `options: got ${Option.print(options)}, expected an object` }))
  }
  const dial = typeof options.dial === "object" && options.dial !== null ? options.dial : {}
  const dialled = checkDial([target], dial)
  const lines = [...badKeys(fields, options), ...(Result.isFailure(dialled) ? [dialled.failure.issue] : [])]
  return lines.length === 0 ? Effect.void : Effect.fail(new InvalidOptions({ issue: lines.join("; ") }))
}

const issues = SchemaIssue.makeFormatterStandardSchemaV1()

const badKeys = (fields: Fields, given: object): ReadonlyArray<string> => {
  const decode = Schema.decodeUnknownResult(Schema.Struct(fields))
  const result = decode(given, { onExcessProperty: "error", errors: "all" })
  if (Result.isSuccess(result)) return []
  const known = Object.keys(fields)
  return issues(result.failure.issue).issues.map(({ message, path }) => {
    const key = path?.[0]
    const name = String(typeof key === "object" ? key.key : key)
    if (!known.includes(name)) return `${name}: unknown option, known are ${known.join(", ")}`
    return `${name}: got ${Option.print(Reflect.get(given, name))}, ${message.charAt(0).toLowerCase()}${message.slice(1)}`
  })
}
