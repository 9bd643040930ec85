/**
 * I-L6: a slow reader delays only itself. The same life with and without it; whatever is drawn at random belongs to one client's
 * link, so the others meet the same network in both.
 */
import { CurrentRun } from "@tidegate/testing/CurrentRun"
import { fifo } from "@tidegate/testing/Schedule"
import * as Simulation from "@tidegate/testing/Simulation"
import { must } from "@tidegate/testing/Violation"
import * as Effect from "effect/Effect"
import type { ConnectionModel } from "./ConnectionModel.ts"
import type { Life } from "./Life.ts"
import { live } from "./Living.ts"
import { type Model, modelOf } from "./Model.ts"
import type { SlowReaderScenario } from "./SlowReaderScenario.ts"

const lifeOf = ({ siblings, slow: _, ...rest }: SlowReaderScenario, clients: Life["clients"]): Life => ({
  ...rest,
  commands: [],
  clients
})

/** The life with the slow reader; gives the seed, which the other one needs too. */
export const withSlowReader = (scenario: SlowReaderScenario) =>
  Effect.flatMap(CurrentRun, ({ seed }) =>
    Effect.as(live(lifeOf(scenario, [...scenario.siblings, scenario.slow])), seed)
  )

const withoutIt = (scenario: SlowReaderScenario, seed: number): Model =>
  modelOf(Simulation.run(live(lifeOf(scenario, scenario.siblings)), { seed, schedule: fifo }).trace.entries)

/** Each sibling got the same bytes at the same times. */
export const siblingsUnmoved = (scenario: SlowReaderScenario, model: Model, seed: number): void => {
  const other = withoutIt(scenario, seed)
  scenario.siblings.forEach((_, client) => {
    const [here, there] = [model, other].map((model) => historyOf(model.connectionOf(client)))
    must("I-L6", here === there, () => `client ${client} without the slow reader: ${there}, with it: ${here}`)
  })
}

const historyOf = (connection: ConnectionModel | undefined): string => {
  if (connection === undefined) return "no dial"
  const { receipts, sees } = connection
  const byTime = new Map<number, number>()
  for (const { at, bytes } of receipts) byTime.set(at, (byTime.get(at) ?? 0) + bytes)
  const story = Array.from(byTime, ([at, bytes]) => `${bytes} bytes at ${at}`)
  return [...story, `${sees?.ending ?? "no end"} at ${sees?.at}`].join(", ")
}
