/**
 * Plays a scene once for every operation in it and every code with which that one can fail.
 */
import type { NetworkOperation, OperationFault } from "@tidegate/testing/NetworkFaults"
import { random, type Schedule } from "@tidegate/testing/Schedule"
import { resultOf, run } from "@tidegate/testing/Simulation"
import { codes, failedIn, probe } from "./Anomaly.ts"
import { AnomalyFailure } from "./AnomalyFailure.ts"
import { type Played, verify } from "./Invariants.ts"
import { play } from "./Play.ts"
import type { Scene } from "./Scene.ts"

/** Enough for the longest scene many times over: what takes more goes round in circles. */
const maxSteps = 20_000
const maxMilliseconds = 600_000

const playOnce = (scene: Scene, faults: ReadonlyArray<OperationFault>, schedule: Schedule | undefined) =>
  run(play(scene, faults), { maxSteps, maxMilliseconds, ...(schedule === undefined ? {} : { schedule }) })

/** A run in which nothing fails, with its trace. */
export const undisturbed = (scene: Scene, schedule?: Schedule): Played => {
  const outcome = playOnce(scene, [], schedule)
  return { account: resultOf(outcome), entries: outcome.trace.entries }
}

/** Plays with faults; throws the first thing that does not hold, with everything that is needed to see it again. */
export const disturbed = (
  scene: Scene,
  base: Played,
  faults: ReadonlyArray<OperationFault>,
  schedule?: Schedule
): Played => {
  const outcome = playOnce(scene, faults, schedule)
  const { entries } = outcome.trace
  try {
    const played = { account: resultOf(outcome), entries }
    verify(scene, base, played)
    return played
  } catch (cause) {
    throw new AnomalyFailure(scene.name, faults, failedIn(entries), outcome.trace, cause)
  }
}

/** What loops have been through. */
export class Tally {
  runs = 0
  private readonly seen = new Map<string, number>()

  count({ account, entries }: Played): void {
    this.runs++
    for (const { operation } of failedIn(entries)) this.add(operation)
    for (const { server } of account.acts) this.add(server)
    for (const { event, source } of entries) {
      if (source === "server") this.add(event._tag === "ConnectionEnded" ? event.reason : event._tag)
    }
  }

  times(what: string): number {
    return this.seen.get(what) ?? 0
  }

  private add(what: string): void {
    this.seen.set(what, this.times(what) + 1)
  }
}

/** The runs that `failEach` takes. */
export const runsOf = ({ account }: Played): number =>
  Object.entries(codes).reduce((sum, [kind, { length }]) => sum + kindCount(account, kind) * (length + 1), 0)

const kindCount = ({ operations }: Played["account"], kind: string): number =>
  new Map(Object.entries(operations)).get(kind) ?? 0

const operationsOf = ({ account }: Played): number =>
  Object.values(account.operations).reduce((sum, count) => sum + count, 0)

/** Each operation, with each of its codes. */
export const failEach = (scene: Scene, base: Played, tally: Tally): void => {
  const operations = operationsOf(base)
  for (let nth = 1; nth <= operations; nth++) {
    const operation = failNth(scene, base, tally, nth, () => true)
    if (operation === undefined) throw new Error(`${scene.name}: operation ${nth} of ${operations} was not reached`)
  }
}

/** The same with half of the codes, and for each operation in an order of fibers of its own; some have fewer operations. */
export const failEachInAnyOrder = (scene: Scene, base: Played, tally: Tally): void => {
  for (let nth = 1; nth <= operationsOf(base); nth++) {
    failNth(scene, base, tally, nth, (at) => (at + nth) % 2 === 0, random(nth))
  }
}

const failNth = (
  scene: Scene,
  base: Played,
  tally: Tally,
  nth: number,
  takes: (code: number) => boolean,
  schedule?: Schedule
): NetworkOperation | undefined => {
  const probed = disturbed(scene, base, [{ nth, code: probe }], schedule)
  tally.count(probed)
  const operation = failedIn(probed.entries)[0]?.operation
  if (operation === undefined) return undefined
  const chosen = codes[operation].filter((_, at) => takes(at))
  for (const code of chosen) tally.count(disturbed(scene, base, [{ nth, code }], schedule))
  return operation
}

const anyCode = [...new Set([probe, ...Object.values(codes).flat()])]

/** Two operations of one run, drawn at random. */
export const failPairs = (scene: Scene, base: Played, tally: Tally, runs: number): void => {
  const operations = operationsOf(base)
  for (let seed = 1; seed <= runs; seed++) {
    const draw = drawer(seed)
    const first = 1 + draw(operations - 1)
    const second = first + 1 + draw(operations - first)
    const faults = [first, second].map((nth) => ({ nth, code: anyCode[draw(anyCode.length)] ?? probe }))
    tally.count(disturbed(scene, base, faults, random(seed)))
  }
}

/** Whole numbers below a bound; the constants are those of Numerical Recipes' quick generator. */
const drawer = (seed: number) => {
  let state = seed >>> 0
  return (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}
