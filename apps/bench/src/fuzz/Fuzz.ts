/**
 * Inputs, one after the other, until one is refused.
 */
import { inspect } from "node:util"
import type { Batch, Target } from "./Batch.ts"
import { Check } from "./Check.ts"
import { Input } from "./Input.ts"
import { Random } from "./Random.ts"

/** So many inputs share their options, and the streams that are mutated. */
const batchSize = 256

export interface Failure {
  readonly codec: string
  readonly index: number
  readonly wrong: string
  readonly options: string
  readonly input: string
  readonly cuts: ReadonlyArray<number>
}

export interface Range {
  readonly seed: number
  readonly from: number
  readonly to: number
  /** Its first number is that of the input that is run: another thread sees by it what hangs. */
  readonly progress?: Float64Array
}

/** Runs the inputs `[from, to)`; gives the first failure. */
export const fuzz = (
  target: Target,
  { from, progress = new Float64Array(1), seed, to }: Range
): Failure | undefined => {
  const input = new Input()
  const random = new Random(seed, 0)
  for (let index = from; index < to; ) {
    const batch = batchWith(target, seed, index)
    const check = new Check(batch)
    const end = Math.min(to, index - (index % batchSize) + batchSize)
    for (; index < end; index++) {
      progress[0] = index
      draw(input, batch, random, seed, index)
      const wrong = check.run(input)
      if (wrong !== undefined) return failure(target, batch, input, index, wrong)
    }
  }
  return undefined
}

/** The failure of an input that never ends. */
export const hanging = (target: Target, seed: number, index: number): Failure => {
  const input = new Input()
  const batch = batchWith(target, seed, index)
  draw(input, batch, new Random(seed, 0), seed, index)
  return failure(target, batch, input, index, "hangs")
}

const batchWith = (target: Target, seed: number, index: number): Batch =>
  target.batch(new Random(seed ^ 0x9e3779b9, index - (index % batchSize)))

const draw = (input: Input, batch: Batch, random: Random, seed: number, index: number): void => {
  random.restart(seed, index)
  input.fill(batch, random)
  input.cut(random)
}

const failure = (target: Target, batch: Batch, input: Input, index: number, wrong: string): Failure => ({
  codec: target.name,
  index,
  wrong,
  options: inspect(batch.options, { breakLength: Number.POSITIVE_INFINITY }),
  input: Buffer.from(input.bytes.subarray(0, input.length)).toString("hex"),
  cuts: [...input.cuts]
})

/** A failure in words, with the command that shows it again. */
export const describeFailure = (failure: Failure, seed: number): string =>
  [
    `${failure.codec}: ${failure.wrong}`,
    `  seed ${seed}, input ${failure.index}`,
    `  options ${failure.options}`,
    `  input   ${failure.input === "" ? "(empty)" : failure.input}`,
    `  chunks end at ${failure.cuts.join(", ")}`,
    `  again: node apps/bench/src/fuzz.ts --codec ${JSON.stringify(failure.codec)} --seed ${seed} --replay ${failure.index}`
  ].join("\n")
