/**
 * What the properties draw from. A whole number without bounds would be a small one: these reach their maximum.
 */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"

export const upTo = (maximum: number): Arbitrary.Arbitrary<number> =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum })))

export const oneOf = <Value>(first: Value, ...others: ReadonlyArray<Value>): Arbitrary.Arbitrary<Value> =>
  Arbitrary.map(upTo(others.length), (at) => (at === 0 ? first : (others[at - 1] ?? first)))
