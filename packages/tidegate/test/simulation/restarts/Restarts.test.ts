/**
 * A server that is restarted again and again, whatever else happens to it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Simulation from "@tidegate/testing/Simulation"
import type { TraceEntry } from "@tidegate/testing/Trace"
import { Violation } from "@tidegate/testing/Violation"
import { checked } from "../Checked.ts"
import { idsOf } from "../Invariants.ts"
import { restartChanges } from "./Changes.ts"
import { restartChecks } from "./Invariants.ts"
import { live } from "./Living.ts"
import { modelOf, type RestartCheck } from "./Model.ts"
import { restarts } from "./property.ts"
import type { RestartScenario } from "./Scenario.ts"

/** SIM_RUNS and SIM_MINUTES ask for more than any test usually takes; what runs the tests has a limit of its own. */
const timeout = 86_400_000

describe("a server that is restarted while clients come and go", () => {
  it.live(
    `${idsOf("restarts")} S25 S27 S30 S33 S36 FF-95 hold in every scenario`,
    () => checked(restarts, { runs: 1500, determinism: 10 }),
    timeout
  )
})

const brokenBy = (
  check: RestartCheck,
  entries: ReadonlyArray<TraceEntry>,
  life: RestartScenario
): string | undefined => {
  try {
    check(modelOf(entries), life)
    return undefined
  } catch (violation) {
    if (violation instanceof Violation) return violation.invariant
    throw violation
  }
}

describe("each invariant of restarts can fail", () => {
  const tripped = new Set<RestartCheck>()

  for (const { change, id, life, what } of restartChanges) {
    it(`${id} ${what}`, () => {
      const { trace } = Simulation.run(live(life))
      for (const { check } of restartChecks) assert.isUndefined(brokenBy(check, trace.entries, life))
      const changed = change(trace.entries)
      assert.notDeepEqual(changed, trace.entries, "the change changes nothing")
      const broken = restartChecks.filter(({ check }) => brokenBy(check, changed, life) === id)
      assert.isAbove(broken.length, 0)
      for (const { check } of broken) tripped.add(check)
    })
  }

  it("and each of their checks has failed above", () => {
    const idle = restartChecks.filter(({ check }) => !tripped.has(check))
    assert.deepStrictEqual(
      idle.map(({ check }) => check.name),
      []
    )
  })
})
