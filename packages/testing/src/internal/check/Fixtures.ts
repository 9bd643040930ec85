/**
 * Failures written down, and read again.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Property } from "../../Check.ts"
import type { CheckFailed } from "../../CheckFailed.ts"
import { Fixture } from "../../Fixture.ts"
import { refusal } from "../BadOption.ts"
import type { Scenarios } from "./Scenarios.ts"
import type { Input } from "./Trial.ts"
import { unchecked } from "./Unchecked.ts"

const decode = Schema.decodeUnknownResult(Fixture, { errors: "all", reportInput: true })

const named = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Struct({ property: Schema.String })), {
  reportInput: true
})

/** A fixture that cannot be run. */
const refused = (property: string, detail: string, cause?: unknown): CheckFailed =>
  unchecked(property, "fixture", `the fixture cannot be replayed: ${detail}`, cause)

/** The input that a fixture describes. */
export const inputOf = Effect.fnUntraced(function* <S, A>(
  property: Property<S, A>,
  scenarios: Scenarios<S>,
  json: unknown
) {
  const fixture = decode(json)
  if (Result.isFailure(fixture)) return yield* refused(property.name, fixture.failure.message, fixture.failure)
  const { scenario: encoded, schedule, seed, property: name } = fixture.success
  if (name !== property.name) {
    return yield* refused(property.name, refusal("property", name, JSON.stringify(property.name)))
  }
  const scenario = scenarios.decode(encoded)
  if (Result.isFailure(scenario)) {
    return yield* refused(property.name, `["scenario"] does not fit: ${scenario.failure.message}`, scenario.failure)
  }
  const input: Input<S> = { scenario: scenario.success, schedule, seed }
  return { input, invariant: fixture.success.invariant }
})

/** What the environment asks to replay, if it is of this property. */
export const requested = Effect.fnUntraced(function* (property: string, text: string) {
  const name = named(text)
  if (Result.isFailure(name)) {
    return yield* refused(property, `SIM_REPLAY is no fixture: ${name.failure.message}`, name.failure)
  }
  const fixture: unknown = JSON.parse(text)
  return name.success.property === property ? { fixture } : undefined
})
