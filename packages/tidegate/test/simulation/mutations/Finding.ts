/**
 * What searching a mutated server has led to: one line of JSON, from the process that searches to the one that asks.
 */
import { Fixture } from "@tidegate/testing/Fixture"
import * as Schema from "effect/Schema"

/**
 * - `invariant`: broken; none if the mutation survived. `runs`: until then, over all properties; all of them if it survived.
 * - `millisecondsToFind`, `millisecondsToShrink`: real time. `clients`, `commands`: of the smallest scenario.
 * - `choices`, `yields`: of the smallest schedule: where it departs from first ready, first run.
 * - `kept`: found by a fixture, in its one run. `fixture`: the smallest run there is, to be kept.
 */
export const Finding = Schema.Struct({
  mutation: Schema.String,
  invariant: Schema.NullOr(Schema.String),
  detail: Schema.String,
  property: Schema.String,
  runs: Schema.Int,
  millisecondsToFind: Schema.Number,
  millisecondsToShrink: Schema.Number,
  clients: Schema.Int,
  commands: Schema.Int,
  choices: Schema.Int,
  yields: Schema.Int,
  kept: Schema.Boolean,
  fixture: Schema.NullOr(Fixture)
})

export type Finding = typeof Finding.Type
