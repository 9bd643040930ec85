/**
 * The properties of the server's lifecycle, for whoever runs them: this suite, a server with a defect planted in it, a loop over
 * faults. Nothing in here needs a test runner.
 */
import type { Property } from "@tidegate/testing/Check"
import type { Outcome } from "@tidegate/testing/Simulation"
import * as Exit from "effect/Exit"
import { checksOf, type PropertyName } from "./Invariants.ts"
import type { Life } from "./Life.ts"
import { LivenessScenario } from "./LivenessScenario.ts"
import { live } from "./Living.ts"
import { type Model, modelOf } from "./Model.ts"
import { Scenario } from "./Scenario.ts"
import { siblingsUnmoved, withSlowReader } from "./SlowReader.ts"
import { SlowReaderScenario } from "./SlowReaderScenario.ts"

export { fixedScenarios } from "./FixedScenarios.ts"

/** Runs the checks of a property on the trace of a life; the first that does not hold throws. */
export const verifyLife = (
  property: PropertyName,
  life: Life,
  { trace }: Pick<Outcome<unknown, unknown>, "trace">
): Model => {
  const model = modelOf(trace.entries, life)
  for (const check of checksOf(property)) check(model, life)
  return model
}

/** Faults are on, peers do what they like, and anybody may stop the server at any time. */
export const safety: Property<Scenario, void> = {
  name: "safety",
  scenario: Scenario,
  run: live,
  verify: (scenario, outcome) => void verifyLife("safety", scenario, outcome),
  schedules: "mixed",
  sometimes: [
    "served",
    "half-closed client served",
    "drain while owing bytes",
    "drain while a dial is in flight",
    "drain of a half-closed connection",
    "hard stop while owing bytes",
    "hard stop while a dial is in flight",
    "hard stop during a drain",
    "second drain",
    "deadline forced",
    "taken during a shutdown",
    "swept",
    "shed",
    "backlog full",
    "accept error",
    "accept errors in a row",
    "listener lost",
    "reset seen",
    "writer blocked",
    "linger bound hit",
    "peer stopped reading",
    "command: cut",
    "command: cut by reset",
    "command: hold",
    "command: broadcast",
    "ended: eof",
    "ended: handled",
    "ended: drained",
    "ended: idle",
    "ended: reset",
    "ended: stalled",
    "ended: broken-frame",
    "ended: failed",
    "ended: aborted"
  ]
}

/** Faults end, peers read or leave, it is quiet for a while, and then the server drains. */
export const liveness: Property<LivenessScenario, void> = {
  name: "liveness",
  scenario: LivenessScenario,
  run: live,
  verify: (scenario, outcome) => void verifyLife("liveness", scenario, outcome),
  schedules: "mixed",
  sometimes: [
    "served",
    "half-closed client served",
    "drain while owing bytes",
    "accept error",
    "accept errors in a row",
    "writer blocked",
    "command: hold",
    "command: blackhole",
    "command: trouble listener",
    "ended: eof",
    "ended: handled",
    "ended: drained",
    "ended: idle",
    "ended: reset",
    "ended: failed",
    "ended: broken-frame"
  ]
}

/** The same life with and without a peer that does not read. */
export const slowReader: Property<SlowReaderScenario, number> = {
  name: "slow reader",
  scenario: SlowReaderScenario,
  run: withSlowReader,
  verify: (scenario, outcome) => {
    const { exit } = outcome
    if (exit !== undefined && Exit.isSuccess(exit))
      siblingsUnmoved(scenario, modelOf(outcome.trace.entries), exit.value)
  },
  // The life without it has other fibers, and no other order of them could be told to be the same one.
  schedules: "fifo",
  sometimes: ["served", "writer blocked", "peer stopped reading", "half-closed client served", "ended: aborted"]
}
