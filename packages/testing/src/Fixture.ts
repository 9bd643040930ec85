/**
 * A failure to keep: everything that one run depends on, as JSON.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Natural = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))
const Positive = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1)))

const Recorded = Schema.Struct({
  choices: Schema.Array(Schema.Tuple([Natural, Natural])),
  yields: Schema.Array(Schema.Tuple([Natural, Positive]))
})

/** The schema of every `Schedule`. */
const AnySchedule = Schema.Union([
  Schema.TaggedStruct("fifo", {}),
  Schema.TaggedStruct("random", { seed: Schema.Int, operationsPerYield: Positive }),
  Schema.TaggedStruct("pct", { seed: Schema.Int, depth: Positive, operations: Positive }),
  Schema.TaggedStruct("recorded", { schedule: Recorded })
])

/**
 * The schema of a {@link Fixture}.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Fixture = Schema.Struct({
  property: Schema.String,
  invariant: Schema.String,
  seed: Natural,
  scenario: Schema.Json,
  schedule: AnySchedule
})

/**
 * A failure of a property, small enough to keep beside it.
 *
 * **When to use**
 *
 * Store it as a JSON file and let `Check.replay` run it in every build: it does not depend on how scenarios are generated, as a seed
 * does.
 *
 * **Shapes**
 *
 * - `property`: the name of the property. `invariant`: what was violated when it was found.
 * - `seed`: of the run, for everything in it that is drawn at random. `scenario`: encoded by the property's schema.
 * - `schedule`: the order of fibers, reduced to what the failure needs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Fixture extends Schema.Schema.Type<typeof Fixture> {}
