/**
 * The property of a server with deadlines.
 */
import type { Property } from "@tidegate/testing/Check"
import { verifyDeadlines } from "./DeadlinesInvariants.ts"
import { live } from "./DeadlinesLife.ts"
import { DeadlinesScenario } from "./DeadlinesScenario.ts"

/** Reduced to some of its invariants, so that each of them is seen to work. */
export const deadlinesReducedTo = (ids?: ReadonlyArray<string>): Property<DeadlinesScenario, void> => ({
  name: "deadlines",
  scenario: DeadlinesScenario,
  run: live,
  verify: (scenario, { trace }) => verifyDeadlines(scenario, trace.entries, ids),
  schedules: "mixed",
  sometimes: [
    "ended: idle-timeout",
    "ended: first-byte-timeout",
    "ended: frame-timeout",
    "ended: idle",
    "ended: eof",
    "a timeout of its own",
    "works for longer than the idle timeout"
  ]
})

/** Peers are slow, silent or in mid-sentence, and the idle timeout may change at any time. */
export const deadlines = deadlinesReducedTo()
