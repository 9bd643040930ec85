/**
 * Which configuration each generation has, as far as the trace tells: the caller of a restart who was interrupted was not told.
 */
import type { GenerationModel, RestartModel } from "./Model.ts"
import type { ConfigurationPlan, RestartScenario } from "./Scenario.ts"

/** The number of the configuration of a generation, where it is known. */
export const configurationOf = (model: RestartModel, generation: number): number | undefined => {
  if (generation === 1) return 0
  const command = model.commands.find(({ returned }) => returned?.generation === generation)
  if (command === undefined) return undefined
  return command.kind === "again" ? configurationOf(model, generation - 1) : command.command
}

const planOf = (model: RestartModel, life: RestartScenario, generation: number): ConfigurationPlan | undefined => {
  const number = configurationOf(model, generation)
  if (number === undefined) return undefined
  return number === 0 ? life.configuration : life.commands[number - 1]?.configuration
}

/** The generation that follows, if a restart has replaced this one. */
export const successorOf = (model: RestartModel, generation: number): GenerationModel | undefined =>
  model.generation(generation + 1)

/** How long a shutdown or the generation before this one may drain once it is in force, where that is known. */
export const drainTimeoutOf = (model: RestartModel, life: RestartScenario, generation: number): number | undefined =>
  planOf(model, life, generation)?.drainTimeout

/** When the patience with a generation that was replaced ends, if nothing shortens it; unknown counts as the longest. */
export const deadlineOf = (model: RestartModel, life: RestartScenario, generation: number): number => {
  const successor = successorOf(model, generation)
  if (successor === undefined) return Number.POSITIVE_INFINITY
  return successor.began.at + (planOf(model, life, successor.generation)?.drainTimeout ?? longest)
}

/** As far as is known it may have been as soon as that. */
export const earliestDeadlineOf = (model: RestartModel, life: RestartScenario, generation: number): number => {
  const successor = successorOf(model, generation)
  if (successor === undefined) return Number.POSITIVE_INFINITY
  return successor.began.at + (planOf(model, life, successor.generation)?.drainTimeout ?? 0)
}

/** How many generations may drain once this one is in force; unknown counts as the most. */
export const mostDraining = (model: RestartModel, life: RestartScenario, generation: number): number =>
  planOf(model, life, generation)?.maxDrainingGenerations ?? 5

export const longest = 5000

/** Generations that a restart has replaced and that are not gone, at a place in the trace. */
export const drainingAt = (model: RestartModel, order: number): ReadonlyArray<GenerationModel> =>
  model.generations.filter(({ ends, generation }) => {
    const successor = successorOf(model, generation)
    return successor !== undefined && successor.began.order < order && (ends[0]?.order ?? Infinity) > order
  })

/** A restart after it had to shorten its patience. */
export const wasCrowdedOut = (model: RestartModel, life: RestartScenario, generation: number): boolean =>
  model.generations.some((later) => {
    if (later.generation <= generation + 1) return false
    // Those that drain once it is in force, itself not being one of them.
    const draining = drainingAt(model, later.began.order + 1).filter((other) => other.generation >= generation)
    const known =
      configurationOf(model, later.generation) === undefined ? 1 : mostDraining(model, life, later.generation)
    return draining.some((other) => other.generation === generation) && draining.length > known
  })
