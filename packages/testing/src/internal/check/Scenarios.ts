/**
 * The scenarios of a property: generated, shrunk, written as JSON and read again.
 *
 * @since 0.1.0
 */
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { literalsOf } from "./Literals.ts"
import { Simpler } from "./Simpler.ts"

/** How far scenarios grow, from the first one on: short checks would otherwise see tiny ones only. */
const size = 10

/** Rejected in a row for one that is generated. */
const maxDiscards = 1_000

/**
 * Where a generated scenario comes from: the `index`-th with this seed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Origin {
  readonly seed: string
  readonly index: number
}

/**
 * All scenarios of a schema.
 *
 * @category models
 * @since 0.1.0
 */
export class Scenarios<S> {
  private readonly arbitrary: Arbitrary.Arbitrary<S>
  private readonly simpler: Simpler
  readonly encode: (scenario: S) => Schema.Json
  readonly decode: (json: unknown) => Result.Result<S, Schema.SchemaError>

  constructor(schema: Schema.Codec<S, unknown>) {
    const codec = Schema.toCodecJson(schema)
    const decode = Schema.decodeSync(codec)
    this.encode = Schema.encodeSync(codec)
    this.decode = Schema.decodeUnknownResult(codec, { errors: "all", reportInput: true })
    this.simpler = new Simpler(literalsOf(codec))
    // Written and read once: what is run is then exactly what the fixture gives, down to prototypes and negative zeros.
    this.arbitrary = Arbitrary.map(Arbitrary.schema(schema), (scenario) => decode(this.encode(scenario)))
  }

  /** The first `count` with this seed. */
  generate(seed: string, count: number): Effect.Effect<ReadonlyArray<S>, Arbitrary.SampleError> {
    return Arbitrary.sampleEffect(this.arbitrary, { seed, count, size, maxDiscards: maxDiscards * count })
  }

  /**
   * Asks about a generated scenario and then about smaller and smaller ones, at most so many: what comes next are the smaller ones of
   * the last one that `fails`.
   */
  shrink(
    { index, seed }: Origin,
    maximum: number,
    fails: (scenario: S) => Effect.Effect<boolean>
  ): Effect.Effect<void> {
    let generated = 0
    const only = Arbitrary.filter(this.arbitrary, () => generated++ >= index)
    const passes = (scenario: S) => Effect.map(fails(scenario), (failed) => !failed)
    const options = { seed, size, runs: 1, maxDiscards: maxDiscards * (index + 1), maxShrinks: maximum }
    return Effect.asVoid(Arbitrary.checkEffect(only, passes, options))
  }

  /** Simpler scenarios, the simplest first. */
  *simplerThan(scenario: S): Generator<S> {
    const json = this.encode(scenario)
    const weight = this.simpler.weightOf(json)
    for (const candidate of this.simpler.than(json)) {
      const decoded = this.decode(candidate)
      // A schema may fill in what was left out.
      const isSimpler = Result.isSuccess(decoded) && this.simpler.weightOf(this.encode(decoded.success)) < weight
      if (isSimpler) yield decoded.success
    }
  }
}
