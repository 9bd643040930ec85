/**
 * I-S23: who is given time for its first request by a restart.
 */
import { must } from "@tidegate/testing/Violation"
import { phasesOf } from "../../../src/ShutdownPhases.ts"
import { drainTimeoutOf, successorOf } from "./Configurations.ts"
import type { ClientModel, Moment, RestartCheck, RestartModel, ServedModel } from "./Model.ts"
import type { RestartScenario } from "./Scenario.ts"

/** The default. */
const closeTimeout = 5000

/** Until when its first request is waited for; where it is not known how long that generation may drain, `unknown`. */
const awaitedUntil = (
  model: RestartModel,
  life: RestartScenario,
  { generation, opened }: ServedModel,
  unknown: number
): number => {
  const replaced = successorOf(model, generation)?.began.at ?? Infinity
  const budget = drainTimeoutOf(model, life, generation + 1)
  const phases = { drainDelay: 0, drainJitter: Infinity, closeTimeout }
  return Math.min(
    opened.at + life.firstRequestTimeout,
    replaced + (budget === undefined ? unknown : phasesOf(phases, budget).spread)
  )
}

/** Its generation was replaced before anything of it was read. */
const wasSilent = (model: RestartModel, { read, served }: ClientModel): boolean => {
  const replaced = served === undefined ? Infinity : (successorOf(model, served.generation)?.began.order ?? Infinity)
  return (served?.opened.order ?? Infinity) < replaced && replaced < (read?.order ?? Infinity)
}

/** Whether it may be given time for its first request then, which may have begun. */
export const mayBeGivenTime = (
  model: RestartModel,
  life: RestartScenario,
  client: ClientModel,
  at: number,
  unknown = Infinity
): boolean => {
  const { served } = client
  return served !== undefined && wasSilent(model, client) && at < awaitedUntil(model, life, served, unknown)
}

/** Whether its first request may still come at this place of the trace, whatever is not known. */
export const isAwaited = (
  model: RestartModel,
  life: RestartScenario,
  client: ClientModel,
  { at, order }: Moment
): boolean => (client.read?.order ?? Infinity) >= order && mayBeGivenTime(model, life, client, at, 0)

/** What comes in time reaches the handler of its generation. */
export const firstRequestsAreTaken: RestartCheck = (model, life) => {
  for (const client of model.clients) {
    const { read, resets, served } = client
    if (served === undefined || read === undefined || resets !== undefined) continue
    if (!isAwaited(model, life, client, read) || (model.endBegan?.order ?? Infinity) < read.order) continue
    const detail = (): string => `${served.id} of generation ${served.generation} has asked in time, and was not heard`
    must("I-S23", served.configurations.size > 0, detail, read.order)
  }
}

/** Nobody who says nothing is waited for any longer, and nobody at all once a shutdown tells everybody. */
export const theSilentAreTold: RestartCheck = (model, life) => {
  const { jitter, latency } = life
  for (const client of model.clients) {
    const { connected, read, resets, sees, served } = client
    if (served === undefined || sees === undefined || read !== undefined || resets !== undefined) continue
    if (!wasSilent(model, client)) continue
    const replaced = successorOf(model, served.generation)?.began.at ?? Infinity
    const awaited = Math.min(awaitedUntil(model, life, served, Infinity), model.endBegan?.at ?? Infinity)
    const until = Math.max(replaced, awaited, connected?.at ?? 0)
    const detail = (): string =>
      `${served.id} of generation ${served.generation} was told at ${sees.at}, not by ${until}`
    must("I-S23", sees.at <= until + latency + jitter, detail, sees.order)
  }
}
