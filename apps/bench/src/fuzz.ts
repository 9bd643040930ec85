/**
 * Throws inputs at the codecs and prints how it went:
 * `node apps/bench/src/fuzz.ts [--codec NAME] [--inputs N] [--seed N] [--replay INPUT]`.
 */
import { once } from "node:events"
import { parseArgs } from "node:util"
import { Worker } from "node:worker_threads"
import { describeFailure, fuzz, hanging } from "./fuzz/Fuzz.ts"
import type { Assignment, Outcome } from "./fuzz/fuzzOne.ts"
import { targetOf, targets } from "./fuzz/targets.ts"
import { number } from "./Table.ts"

const names = targets.map(({ name }) => name)

const wholeNumber = (flag: string, text: string): number => {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new Error(`--${flag}: got ${text}, expected a whole number, 0 or more`)
}

const asked = () => {
  const { values } = parseArgs({
    options: {
      codec: { type: "string" },
      inputs: { type: "string", default: "1000000" },
      seed: { type: "string", default: "1" },
      replay: { type: "string" }
    }
  })
  if (values.codec !== undefined && !names.includes(values.codec)) {
    throw new Error(`--codec: got ${values.codec}, expected ${names.join(", ")}`)
  }
  if (values.replay !== undefined && values.codec === undefined) throw new Error("--replay: expected a --codec as well")
  return {
    codecs: values.codec === undefined ? names : [values.codec],
    inputs: wholeNumber("inputs", values.inputs),
    seed: wholeNumber("seed", values.seed),
    replay: values.replay === undefined ? undefined : wholeNumber("replay", values.replay)
  }
}

// An input takes some microseconds, and some milliseconds where the machine is busy.
const hangsAfter = 30_000

/** Runs all inputs of a codec; gives what is to be printed, and whether all went well. */
const run = async (assignment: Assignment): Promise<{ readonly ok: boolean; readonly line: string }> => {
  const { inputs, name, progress, seed } = assignment
  const worker = new Worker(new URL("./fuzz/fuzzOne.ts", import.meta.url), { workerData: assignment })
  let seen = -1
  const watch = setInterval(() => {
    const current = progress[0] ?? 0
    if (current === seen) worker.emit("error", new Error(describeFailure(hanging(targetOf(name), seed, current), seed)))
    seen = current
  }, hangsAfter)
  try {
    const [outcome]: ReadonlyArray<Outcome> = (await once(worker, "message")) as [Outcome]
    if (outcome.failure !== undefined) return { ok: false, line: describeFailure(outcome.failure, seed) }
    const each = (outcome.processorMilliseconds * 1000) / inputs
    const took = `${number(outcome.milliseconds / 1000)} s, ${number(each)} µs of the processor each`
    return { ok: true, line: `${name}: ${number(inputs)} inputs, none refused, ${took}` }
  } finally {
    clearInterval(watch)
    await worker.terminate()
  }
}

const replay = (name: string, seed: number, index: number): { readonly ok: boolean; readonly line: string } => {
  const failure = fuzz(targetOf(name), { seed, from: index, to: index + 1 })
  return failure === undefined
    ? { ok: true, line: `${name}: nothing is wrong with input ${index} of seed ${seed}` }
    : { ok: false, line: describeFailure(failure, seed) }
}

try {
  const { codecs, inputs, replay: index, seed } = asked()
  for (const name of codecs) {
    const { line, ok } =
      index === undefined
        ? await run({ name, seed, inputs, progress: new Float64Array(new SharedArrayBuffer(8)) })
        : replay(name, seed, index)
    console.log(line)
    if (!ok) process.exitCode = 1
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
