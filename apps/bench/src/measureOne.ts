/**
 * Measures one codec in a thread of its own, so that what V8 has learnt from another codec neither helps nor hinders it.
 */
import { parentPort, workerData } from "node:worker_threads"
import { type Growth, growths } from "./Growth.ts"
import { type Memory, memories } from "./Memory.ts"
import { decodingSpeeds, encodingSpeeds, type Speed } from "./Speed.ts"
import { subjects } from "./subjects.ts"

export interface Assignment {
  readonly name: string
  readonly quick: boolean
}

export interface Measured {
  readonly name: string
  readonly against: string
  readonly speeds: ReadonlyArray<Speed>
  readonly growths: ReadonlyArray<Growth>
  readonly memories: ReadonlyArray<Memory>
}

const mebibyte = 1_048_576

const measured = async ({ name, quick }: Assignment): Promise<Measured> => {
  const subject = subjects.find((candidate) => candidate.name === name)
  if (subject === undefined) throw new Error(`no codec ${name}`)
  const effort = quick ? { nanoseconds: 1e6, rounds: 1 } : { nanoseconds: 4e8, rounds: 5 }
  const largest = Math.min(subject.largest, quick ? mebibyte / 4 : 64 * mebibyte)
  return {
    name,
    against: subject.against,
    speeds: [...(await decodingSpeeds(subject, effort)), ...(await encodingSpeeds(subject, effort))],
    growths: growths(subject, largest, quick ? 10 : 2000, quick ? 1 : 400),
    memories: memories(subject, quick ? 100 : 10_000, quick ? mebibyte / 16 : 4 * mebibyte)
  }
}

// What the thread is given and gives back is typed by this module; nothing else posts here.
const assignment = workerData as Assignment
parentPort?.postMessage(await measured(assignment))
