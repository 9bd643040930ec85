/**
 * What the clients of one target have in common, checked before anything is dialled.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { checkDial, type DialOptions } from "./DialOptions.ts"
import { InvalidOptions } from "./Errors.ts"
import * as Option from "./OptionChecks.ts"
import type { Target } from "./Target.ts"

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
  fields: Option.Fields,
  target: Target,
  options: { readonly dial?: DialOptions<R> | undefined }
): Effect.Effect<void, InvalidOptions> => {
  if (!Option.isRecord(options)) return Effect.fail(new InvalidOptions({ issue: Option.notARecord(options) }))
  const dial = typeof options.dial === "object" && options.dial !== null ? options.dial : {}
  const dialled = checkDial([target], dial)
  const lines = [...Option.badKeys(fields, options), ...(Result.isFailure(dialled) ? [dialled.failure.issue] : [])]
  return lines.length === 0 ? Effect.void : Effect.fail(new InvalidOptions({ issue: lines.join("; ") }))
}
