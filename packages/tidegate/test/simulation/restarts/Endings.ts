/**
 * I-L9: everything terminates, and the last one wins.
 */
import { must } from "@tidegate/testing/Violation"
import { configurationOf, deadlineOf, drainingAt, mostDraining } from "./Configurations.ts"
import { mayBeGivenTime } from "./FirstRequests.ts"
import { unhurried } from "./Living.ts"
import type { Moment, RestartCheck, RestartModel } from "./Model.ts"
import type { RestartScenario } from "./Scenario.ts"

export const everythingReturns: RestartCheck = (model, life) => {
  for (const { kind, returned } of model.commands) {
    must("I-L9", returned !== undefined, () => `"${kind}" has not returned`)
    if (returned?.generation === undefined) continue
    const before = returned.generation - 1
    const drained = model.drained.filter(({ generation }) => generation === before)
    must("I-L9", drained.length === 1, () => `nobody was told that generation ${before} has drained`)
    const latest = Math.max(returned.at, deadlineOf(model, life, before) + unhurried)
    const at = drained[0]?.at ?? Infinity
    must("I-L9", at <= latest, () => `generation ${before} had drained at ${at}, at the latest ${latest}`)
  }
  must("I-L9", model.stopped !== undefined, () => "the server has not stopped")
}

/** An end comes by the earliest deadline that was asked for, whatever still drains; nothing can hurry a handler that is not interrupted. */
export const endsInTime: RestartCheck = ({ commands }) => {
  const ends = commands
    .filter(({ kind }) => kind === "drain" || kind === "hard stop")
    .map((command) => ({ ...command, by: command.began.at + (command.kind === "drain" ? command.amount : 0) }))
  const earliest = Math.min(...ends.map(({ by }) => by))
  for (const { began, kind, returned } of ends) {
    const latest = Math.max(began.at, earliest) + unhurried
    const at = returned?.at ?? Infinity
    must("I-L9", at <= latest, () => `"${kind}" returned at ${at}, at the latest ${latest}`)
  }
}

/** Restarts that are asked for one after the other come into force in that order. */
export const restartsAreInOrder: RestartCheck = ({ commands }) => {
  for (const one of commands) {
    for (const other of commands) {
      const [first, second] = [one.returned?.generation, other.returned?.generation]
      if (first === undefined || second === undefined || one.began.at >= other.began.at) continue
      must(
        "I-L9",
        first < second,
        () => `"${one.kind}" was asked for first, and made generation ${first} after ${second}`
      )
    }
  }
}

/** Each generation but the last ends once, when all its connections have, and before the server has stopped. */
export const generationsEnd: RestartCheck = (model) => {
  for (const { began, ends, generation } of model.generations) {
    const isLast = generation === model.newest
    must("I-L9", ends.length === (isLast ? 0 : 1), () => `generation ${generation} ended ${ends.length} times`)
    const [end] = ends
    if (end === undefined) continue
    const own = model.served.filter((served) => served.generation === generation)
    const late = own.find(({ ended }) => (ended?.order ?? Infinity) > end.order)
    must("I-L9", late === undefined, () => `generation ${generation} ended before connection ${late?.id}`, end.order)
    const told = model.generation(generation + 1)?.began.order ?? Infinity
    const counted = own.filter(({ ended }) => (ended?.order ?? 0) > told).length
    const sum = end.drained + end.idleClosed + end.aborted
    must("I-L9", sum === counted, () => `generation ${generation} counted ${sum} connections of ${counted}`, end.order)
    must("I-L9", (model.stopped?.order ?? Infinity) > end.order, () => "stopped before an old generation", end.order)
    must("I-L9", began.order < end.order, () => `generation ${generation} ended before it began`, end.order)
  }
}

/** Whenever time passes, no more generations drain than may. */
export const generationsDoNotPileUp: RestartCheck = (model, life) => {
  for (const { order } of model.times.slice(1)) {
    const newest = model.generations.findLast(({ began }) => began.order < order)
    if (newest === undefined) continue
    const draining = drainingAt(model, order - 1)
    const most = mostDraining(model, life, newest.generation)
    // What cannot be interrupted cannot be hurried, and nobody is whose first request is waited for.
    const late = draining.filter(
      ({ generation }) =>
        !isStubborn(model, life, generation) && !waitsOnly(model, life, generation, newest.began, order)
    )
    must(
      "I-L9",
      late.length <= most,
      () => `${late.map(({ generation }) => generation).join()} drain, ${most} may`,
      order
    )
  }
}

/** Those that it has left at this place were all waited for when the newest generation began. */
const waitsOnly = (
  model: RestartModel,
  life: RestartScenario,
  generation: number,
  began: Moment,
  order: number
): boolean => {
  const left = model.clients.filter(
    ({ served }) => served?.generation === generation && (served.ended?.order ?? Infinity) >= order
  )
  return left.length > 0 && left.every((client) => mayBeGivenTime(model, life, client, began.at))
}

const isStubborn = (model: RestartModel, life: RestartScenario, generation: number): boolean => {
  const configuration = configurationOf(model, generation)
  if (configuration === undefined) return true
  const plan = configuration === 0 ? life.configuration : life.commands[configuration - 1]?.configuration
  return plan?.handler === "uninterruptible"
}

/** When a shutdown has returned nothing is left, of any generation. */
export const nothingIsLeft: RestartCheck = ({ commands, end }) => {
  for (const { kind, returned } of commands) {
    if (returned === undefined || (kind !== "drain" && kind !== "hard stop")) continue
    const { connections, listeners, fibers } = returned
    const left = `${connections} connections, ${listeners} listeners, ${fibers} fibers`
    must("I-L9", connections === 0 && listeners === 0 && fibers === 0, () => `"${kind}" left ${left}`, returned.order)
  }
  must("I-L9", end?.connections === 0 && end.listeners === 0 && end.fibers === 0, () => `left: ${JSON.stringify(end)}`)
}
