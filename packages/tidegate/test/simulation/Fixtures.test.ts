/**
 * What was found once and put right: each as the smallest scenario and the order of fibers that it took.
 */
import { describe, it } from "@effect/vitest"
import * as Check from "@tidegate/testing/Check"
import { AnyLife } from "./AnyLife.ts"
import emptyGenerationCounts from "./fixtures/empty-generation-counts.json" with { type: "json" }
import hardStopSaysRunning from "./fixtures/hard-stop-says-running.json" with { type: "json" }
import listenOvertakesALoss from "./fixtures/listen-overtakes-a-loss.json" with { type: "json" }
import resumedTooLate from "./fixtures/resumed-too-late.json" with { type: "json" }
import secondDrainAtTheEnd from "./fixtures/second-drain-at-the-end.json" with { type: "json" }
import stalledAtTheDeadline from "./fixtures/stalled-at-the-deadline.json" with { type: "json" }
import untakenWhenStopped from "./fixtures/untaken-when-stopped.json" with { type: "json" }
import warningOutlivesTheServer from "./fixtures/warning-outlives-the-server.json" with { type: "json" }
import type { Life } from "./Life.ts"
import { live } from "./Living.ts"
import { limits } from "./limits/limitsProperty.ts"
import { listenerLoss } from "./listenerLoss/property.ts"
import { safety, verifyLife } from "./properties.ts"
import { restarts } from "./restarts/property.ts"
import { suspensions } from "./suspensions/property.ts"

/** As drawn numbers change, what was kept stays. */
const kept: Check.Property<Life, void> = {
  name: safety.name,
  scenario: AnyLife,
  run: live,
  verify: (life, outcome) => void verifyLife("safety", life, outcome)
}

describe("scenarios that have failed", () => {
  it.live("I-S2 who was accepted and not taken is closed when a hard shutdown returns", () =>
    Check.replay(kept, untakenWhenStopped)
  )

  it.live("I-S8 I-S10 who is given up in the instant of the deadline ends as stalled, and counts as aborted", () =>
    Check.replay(kept, stalledAtTheDeadline)
  )

  it.live("I-S3 a second drain that comes as the first one ends leaves nobody asleep", () =>
    Check.replay(kept, secondDrainAtTheEnd)
  )

  it.live("I-L10 a listen that is faster than what the loss of the listener leads to leaves the server running", () =>
    Check.replay(listenerLoss, listenOvertakesALoss)
  )

  it.live("I-S15 FF-95 a generation whose last connection has just ended takes no place away from an older one", () =>
    Check.replay(restarts, emptyGenerationCounts)
  )

  it.live("I-L1 who parks and is told to resume in the instant of a shutdown stays suspended", () =>
    Check.replay(suspensions, resumedTooLate)
  )

  it.live("I-L10 a hard shutdown that a handler holds up does not say running meanwhile", () =>
    Check.replay(kept, hardStopSaysRunning)
  )

  it.live("I-S3 a warning that is being logged is waited for at the end", () =>
    Check.replay(limits, warningOutlivesTheServer)
  )
})
