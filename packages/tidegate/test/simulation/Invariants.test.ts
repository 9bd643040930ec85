/**
 * The list of invariants is complete, and each of them can fail: a trace that is changed so that it tells of a broken promise is
 * refused by the invariant that makes it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Simulation from "@tidegate/testing/Simulation"
import type { TraceEntry } from "@tidegate/testing/Trace"
import { Violation } from "@tidegate/testing/Violation"
import { changes } from "./Changes.ts"
import { deadlines } from "./deadlines/deadlinesProperty.ts"
import type { Invariant } from "./Expectations.ts"
import { handshakes } from "./handshakes/handshakesProperty.ts"
import { type InvariantEntry, invariants } from "./Invariants.ts"
import type { Life } from "./Life.ts"
import { live } from "./Living.ts"
import { limits } from "./limits/limitsProperty.ts"
import { listenerLoss } from "./listenerLoss/property.ts"
import { modelOf } from "./Model.ts"
import { liveness, safety, slowReader } from "./properties.ts"
import { restarts } from "./restarts/property.ts"
import { suspensions } from "./suspensions/property.ts"

const range = (prefix: string, from: number, to: number): ReadonlyArray<string> =>
  Array.from({ length: to - from + 1 }, (_, at) => `${prefix}${from + at}`)

/** Checked by the engine that runs a property, by the property as a whole, or by that of a feature on its own model. */
const withoutChecks = [
  "I-S14",
  "I-S15",
  "I-S16",
  "I-S22",
  "I-S23",
  "I-L0",
  "I-L6",
  "I-L4",
  "I-S18",
  "I-S21",
  "I-L7",
  "I-L8"
]

const traceOf = (life: Life): ReadonlyArray<TraceEntry> => {
  const { ending, exit, trace } = Simulation.run(live(life))
  assert.strictEqual(ending, "done")
  assert.strictEqual(exit?._tag, "Success")
  return trace.entries
}

const invariantBroken = (check: Invariant, entries: ReadonlyArray<TraceEntry>, life: Life): string | undefined => {
  try {
    check(modelOf(entries, life), life)
    return undefined
  } catch (violation) {
    if (violation instanceof Violation) return violation.invariant
    throw violation
  }
}

describe("the list of invariants", () => {
  it("names every one, once", () => {
    assert.deepStrictEqual(
      invariants.map(({ id }) => id),
      [...range("I-S", 1, 23), ...range("I-L", 0, 10)]
    )
  })

  it("says of each by which property it is checked, or for what it waits", () => {
    const lives = [safety, liveness, slowReader, limits, listenerLoss, deadlines, suspensions, restarts, handshakes]
    const names = lives.map(({ name }) => name)
    const isSound = ({ by, checks, id, rest, waitsFor }: InvariantEntry): boolean => {
      if (by === undefined) return checks === undefined && waitsFor !== undefined && rest === undefined
      const isNamed = by.length > 0 && by.every((name) => names.includes(name))
      const isChecked = (checks !== undefined && checks.length > 0) !== withoutChecks.includes(id)
      return isNamed && isChecked && (rest === undefined) === (waitsFor === undefined)
    }
    assert.deepStrictEqual(
      invariants.filter((entry) => !isSound(entry)).map(({ id }) => id),
      []
    )
  })
})

describe("each invariant can fail", () => {
  const tripped = new Set<Invariant>()

  for (const { change, id, life, what } of changes) {
    it(`${id} ${what}`, () => {
      const checks = invariants.find((entry) => entry.id === id)?.checks ?? []
      const entries = traceOf(life)
      const changed = change(entries)
      assert.notDeepEqual(changed, entries, "the change changes nothing")
      for (const check of checks) assert.isUndefined(invariantBroken(check, entries, life))
      const broken = checks.filter((check) => invariantBroken(check, changed, life) === id)
      assert.isAbove(broken.length, 0)
      for (const check of broken) tripped.add(check)
    })
  }

  it("and each of their checks has failed above", () => {
    const checks = invariants.flatMap((entry) => entry.checks ?? [])
    assert.deepStrictEqual(
      checks.filter((check) => !tripped.has(check)),
      []
    )
  })
})
