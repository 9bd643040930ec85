/**
 * The property of a server whose listening socket dies, for whoever runs it.
 */
import type { Property } from "@tidegate/testing/Check"
import { live } from "../Living.ts"
import { verifyLife } from "../properties.ts"
import { ListenerLossScenario } from "./ListenerLossScenario.ts"

/** It dies, once or again and again, while faults are on and peers do what they like; the policy says what comes next. */
export const listenerLoss: Property<ListenerLossScenario, void> = {
  name: "listener loss",
  scenario: ListenerLossScenario,
  run: live,
  verify: (scenario, outcome) => void verifyLife("listener loss", scenario, outcome),
  schedules: "mixed",
  sometimes: [
    "served",
    "listener lost",
    "listener lost again",
    "listener lost while serving",
    "listener bound again",
    "served after a loss",
    "listening again failed",
    "stopped while nothing listens",
    "accept error",
    "command: trouble listener",
    "command: listen",
    "ended: drained",
    "ended: idle",
    "ended: aborted"
  ]
}
