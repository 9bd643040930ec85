/**
 * Runs inputs in a thread of its own, which can be given up when one hangs.
 */
import { parentPort, workerData } from "node:worker_threads"
import { processorTime } from "../ProcessorTime.ts"
import { type Failure, fuzz } from "./Fuzz.ts"
import { targetOf } from "./targets.ts"

export interface Assignment {
  readonly name: string
  readonly seed: number
  readonly inputs: number
  readonly progress: Float64Array
}

export interface Outcome {
  readonly failure: Failure | undefined
  readonly milliseconds: number
  /** Of the processor, which other programs may have kept from this one. */
  readonly processorMilliseconds: number
}

// What the thread is given and gives back is typed by this module; nothing else posts here.
const { inputs, name, progress, seed } = workerData as Assignment
const started = performance.now()
const begun = processorTime()
const failure = fuzz(targetOf(name), { seed, from: 0, to: inputs, progress })
const outcome: Outcome = {
  failure,
  milliseconds: performance.now() - started,
  processorMilliseconds: (processorTime() - begun) / 1e6
}
parentPort?.postMessage(outcome)
