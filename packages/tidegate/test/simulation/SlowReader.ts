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

/**
 * Each sibling got the same bytes at the same times.
 *
 * What decides: of what comes in the very millisecond in which the drain begins, order says whether it still counts, and whoever else
 * comes then takes part in that order. A sibling of whom another part has counted is compared up to then.
 */
export const siblingsUnmoved = (scenario: SlowReaderScenario, model: Model, seed: number): void => {
  const other = withoutIt(scenario, seed)
  const drainAt = model.drains[0]?.at ?? Infinity
  scenario.siblings.forEach((_, client) => {
    const both = [model, other].map((model) => model.connectionOf(client))
    const [counted, countedThere] = both.map((connection) => countedAt(drainAt, connection))
    const until = counted === countedThere ? Infinity : drainAt
    const [here, there] = both.map((connection) => historyOf(connection, until))
    must("I-L6", here === there, () => `client ${client} without the slow reader: ${there}, with it: ${here}`)
  })
}

/** Lines that the server has taken in that millisecond; -1 if it has not taken the connection over. */
const countedAt = (time: number, connection: ConnectionModel | undefined): number =>
  connection?.isServed === true ? connection.frames.filter(({ at }) => at === time).length : -1

const historyOf = (connection: ConnectionModel | undefined, until: number): string => {
  if (connection === undefined) return "no dial"
  const { receipts, sees } = connection
  const byTime = new Map<number, number>()
  for (const { at, bytes } of receipts) if (at < until) byTime.set(at, (byTime.get(at) ?? 0) + bytes)
  const story = Array.from(byTime, ([at, bytes]) => `${bytes} bytes at ${at}`)
  const end = sees === undefined || sees.at >= until ? [] : [`${sees.ending} at ${sees.at}`]
  return [...story, ...end].join(", ")
}
