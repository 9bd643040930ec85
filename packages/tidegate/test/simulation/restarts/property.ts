/**
 * The property of restarts, for whoever runs it.
 */
import type { Property } from "@tidegate/testing/Check"
import { judging } from "../Judging.ts"
import { restartChecks } from "./Invariants.ts"
import { live } from "./Living.ts"
import { modelOf, type RestartCheck } from "./Model.ts"
import { RestartScenario } from "./Scenario.ts"

const holding = (checks: ReadonlyArray<RestartCheck>): Property<RestartScenario, void> => ({
  name: "restarts",
  scenario: RestartScenario,
  run: live,
  verify: judging(modelOf, checks),
  schedules: "mixed",
  sometimes: [
    "command: same",
    "command: again",
    "command: move",
    "command: taken",
    "command: overlap",
    "command: caller gone",
    "command: reload",
    "command: abort",
    "command: hard stop",
    "command: suspend",
    "command: park",
    "command: resume",
    "command: lose listener",
    "refused: TransportError",
    "refused: EndpointOverlap",
    "refused: ServerClosed",
    "served by a later generation",
    "an old generation finished work",
    "an old generation was cut",
    "three generations drain",
    "drain while an old generation drains"
  ]
})

/** Restarts on the same endpoint, on others and on ones that cannot be had, while clients come and go and others end the server. */
export const restarts = holding(restartChecks.map(({ check }) => check))

/** The property with the checks of these invariants alone. */
export const restartsReducedTo = (ids: ReadonlyArray<string>): Property<RestartScenario, void> =>
  holding(restartChecks.filter(({ id }) => ids.some((wanted) => id.includes(wanted))).map(({ check }) => check))
