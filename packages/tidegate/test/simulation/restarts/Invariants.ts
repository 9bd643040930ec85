/**
 * What has to hold whenever a server is restarted.
 */
import { must } from "@tidegate/testing/Violation"
import { linesOf } from "../Texts.ts"
import {
  configurationOf,
  deadlineOf,
  drainingAt,
  earliestDeadlineOf,
  mostDraining,
  wasCrowdedOut
} from "./Configurations.ts"
import { letterOf, limitOf, unhurried } from "./Living.ts"
import { type ClientModel, type Moment, type RestartModel, restartKinds, type ServedModel } from "./Model.ts"
import type { RestartScenario } from "./Scenario.ts"

/** One invariant: throws a `Violation` if it does not hold in this life. */
export type RestartCheck = (model: RestartModel, life: RestartScenario) => void

// --- I-S4: each connection belongs to exactly one generation ---

/** The newest one at the time, whose configuration serves it to its end. */
const belongsToOne: RestartCheck = (model) => {
  for (const { configurations, generation, id, newest, opened } of model.served) {
    must("I-S4", generation === newest, () => `${id} went to ${generation}, the newest was ${newest}`, opened.order)
    const [first, ...others] = configurations
    must("I-S4", others.length === 0, () => `${id} was served by configurations ${[first, ...others].join()}`)
    const known = configurationOf(model, generation)
    must(
      "I-S4",
      first === undefined || known === undefined || first === known,
      () => `${id} of generation ${generation} was served by configuration ${first}, not ${known}`
    )
  }
  const clients = model.served.map(({ client }) => client)
  must("I-S4", new Set(clients).size === clients.length, () => `handed over twice: ${clients.join()}`)
}

// --- I-S14, I-S15: listening sockets ---

/** What tells the two apart: whether anybody has asked for another endpoint by then. */
const sentenceAt = (model: RestartModel, order: number): "I-S14" | "I-S15" =>
  model.commands.some(({ began, kind }) => kind === "move" && began.order < order) ? "I-S15" : "I-S14"

/** The newest socket stays open until something ends the server: each closes only after another one was bound. */
const socketsFollowEachOther: RestartCheck = (model) => {
  const end = model.endBegan?.order ?? Infinity
  model.sockets.forEach(({ address, closed }, at) => {
    if (closed === undefined || closed.order > end) return
    const next = model.sockets[at + 1]
    const detail = (): string => `${address} was closed, and nothing else was bound`
    must(sentenceAt(model, closed.order), next !== undefined && next.opened.order < closed.order, detail, closed.order)
  })
}

/** Where the server listens already there is nothing that could go wrong. */
const stayingNeverFails: RestartCheck = ({ commands }) => {
  // With one of them in between it may be another place by the time it is looked at.
  if (commands.some(({ kind }) => kind === "move" || kind === "overlap")) return
  for (const { kind, returned } of commands) {
    const error = returned?.error
    if (kind !== "same" && kind !== "again") continue
    must("I-S14", error === undefined || error === "ServerClosed", () => `"${kind}": ${error}`, returned?.order)
  }
}

/** A server that nobody has ended, and in which nothing is under way, listens with one socket. */
const oneSocketIsLeft: RestartCheck = ({ commands, info, sockets }) => {
  if (info === undefined) return
  const isBusy = commands.some(
    ({ began, returned }) => began.order < info.order && (returned?.order ?? Infinity) > info.order
  )
  const isUnsure = commands.some(({ began, kind }) => kind === "caller gone" && began.at === info.at)
  if (isBusy || isUnsure) return
  const open = sockets.filter(
    ({ closed, opened }) => opened.order < info.order && (closed?.order ?? Infinity) > info.order
  )
  must("I-S15", open.length === 1, () => `listens at ${open.map(({ address }) => address).join(", ")}`, info.order)
}

/** Nobody who dials where the server listens is refused. */
const nobodyIsRefused: RestartCheck = (model, life) => {
  for (const client of model.clients) {
    const { dialled, failed, to } = client
    if (failed === undefined) continue
    const listened = model.sockets.some(
      ({ address, closed, opened }) =>
        address === to && opened.order < dialled.order && (closed?.order ?? Infinity) > failed.order
    )
    const detail = (): string => `client ${client.client} dialled ${to}, where the server listened: ${failed.code}`
    const sentence = sentenceAt(model, failed.order)
    must(sentence, !listened && mayBeLeftOut(model, life, client, failed), detail, failed.order)
  }
}

/** Nobody is reset or cut because of a restart: only by an end, at a deadline, or when generations pile up. */
const nobodyIsCut: RestartCheck = (model, life) => {
  for (const client of model.clients) {
    const { sees, served } = client
    if (sees === undefined || client.resets !== undefined) continue
    const mayBeReset = served === undefined ? mayBeLeftOut(model, life, client, sees) : mayBeCut(model, life, served)
    const detail = (): string => `client ${client.client} saw ${sees.ending}, served by ${served?.generation}`
    must(sentenceAt(model, sees.order), sees.ending === "eof" || mayBeReset, detail, sees.order)
  }
  for (const served of model.served) {
    const { ended, generation, id } = served
    if (ended?.reason !== "aborted") continue
    const detail = (): string => `${id} of generation ${generation} was cut at ${ended.at}`
    must(sentenceAt(model, ended.order), mayBeCut(model, life, served), detail, ended.order)
  }
}

/** Who reaches an address after another one was opened may come too late; before that everybody is taken. */
const mayBeLeftOut = (
  { endBegan, sockets }: RestartModel,
  { jitter, latency }: RestartScenario,
  { connected, dialled, to }: ClientModel,
  noticed: Moment
): boolean => {
  if (endBegan !== undefined && endBegan.order < noticed.order) return true
  const at = sockets.findLastIndex(({ address, opened }) => address === to && opened.order < dialled.order)
  // Where nothing takes time, who has dialled stands in the queue after one turn, and a sweep takes two.
  const reached = latency + jitter === 0 ? dialled : connected
  return at < 0 || (reached?.order ?? Infinity) > (sockets[at + 1]?.opened.order ?? Infinity)
}

const mayBeCut = (model: RestartModel, life: RestartScenario, { ended, generation }: ServedModel): boolean => {
  const order = ended?.order ?? Infinity
  const at = ended?.at ?? Infinity
  const isEnded = model.commands.some(({ amount, began, kind }) => {
    if (began.order > order) return false
    return kind === "hard stop" || kind === "abort" || (kind === "drain" && began.at + amount <= at)
  })
  return isEnded || earliestDeadlineOf(model, life, generation) <= at || wasCrowdedOut(model, life, generation)
}

/** All answers on a connection are those of one configuration, and a prefix of what was asked. */
const answersAreOneGenerations: RestartCheck = (model, life) => {
  for (const { client, sees } of model.clients) {
    const plan = life.clients[client]
    if (sees === undefined || plan === undefined || sees.text === "") continue
    const lines = linesOf(client, { ...wholeLines, lines: Array(plan.lines).fill({ size: 0, kind: "plain" }) })
    const letter = sees.text.slice(0, 1)
    const owed = lines.map((line) => `${letter}${line}`).join("")
    const detail = (): string => `client ${client} got ${JSON.stringify(sees.text)} of ${JSON.stringify(owed)}`
    must("I-S14", owed.startsWith(sees.text) && letter >= letterOf(0), detail, sees.order)
  }
}

const wholeLines = { dial: { at: 0 }, pause: 0, cut: 0, patience: 0, link: null, manner: "ends" } as const

/** A restart that fails leaves no trace: no generation, nobody told to go, none of its settings. */
const failureChangesNothing: RestartCheck = (model, life) => {
  const known = model.commands.filter(({ returned }) => returned?.generation !== undefined).length
  const unknown = model.commands.filter(({ kind }) => kind === "caller gone").length
  const began = model.generations.length - 1
  const detail = (): string => `${known} restarts succeeded, ${unknown} callers were gone, ${began} generations began`
  must("I-S15", began >= known && began <= known + unknown, detail)
  for (const { ended, generation, id } of model.served) {
    if (ended?.reason !== "idle" && ended?.reason !== "drained") continue
    const wasTold = (model.generation(generation + 1)?.began.order ?? Infinity) < ended.order
    const isEnd = (model.drainBegan?.order ?? Infinity) < ended.order
    must("I-S15", wasTold || isEnd, () => `${id} of generation ${generation} ended: ${ended.reason}`, ended.order)
  }
  limitIsInForce(model)
  void life
}

/** The last one that came into force, of restarts and reloads; looked at when only one can have been the last. */
const limitIsInForce = (model: RestartModel): void => {
  const { info } = model
  if (info === undefined) return
  const changes = model.commands.filter(({ began, kind, returned }) => {
    if (began.order > info.order) return false
    return kind === "reload" || kind === "caller gone" || (restartKinds.includes(kind) && returned?.error === undefined)
  })
  const settled = changes.filter(({ kind }) => kind !== "again")
  const last = settled.reduce((latest, { returned }) => Math.max(latest, returned?.order ?? Infinity), 0)
  const final = settled.filter(
    ({ began, returned }) => (returned?.order ?? Infinity) === last && began.order < info.order
  )
  const [change] = final
  if (last > info.order || change?.kind === "caller gone") return
  const overlapping = settled.filter(
    (other) => other !== change && (other.returned?.order ?? Infinity) > (change?.began.order ?? 0)
  )
  if (overlapping.length > 0 || settled.some(({ kind }) => kind === "caller gone")) return
  const limit = limitOf(change?.command ?? 0)
  must("I-S15", info.limit === limit, () => `the limit in force is ${info.limit}, not ${limit}`, info.order)
}

// --- I-L9: everything terminates, the last one wins ---

const everythingReturns: RestartCheck = (model, life) => {
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
const endsInTime: RestartCheck = ({ commands }) => {
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
const restartsAreInOrder: RestartCheck = ({ commands }) => {
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
const generationsEnd: RestartCheck = (model) => {
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
const generationsDoNotPileUp: RestartCheck = (model, life) => {
  for (const { order } of model.times.slice(1)) {
    const newest = model.generations.findLast(({ began }) => began.order < order)
    if (newest === undefined) continue
    const draining = drainingAt(model, order - 1)
    const most = mostDraining(model, life, newest.generation)
    // What cannot be interrupted cannot be hurried.
    const late = draining.filter(({ generation }) => !isStubborn(model, life, generation))
    must(
      "I-L9",
      late.length <= most,
      () => `${late.map(({ generation }) => generation).join()} drain, ${most} may`,
      order
    )
  }
}

const isStubborn = (model: RestartModel, life: RestartScenario, generation: number): boolean => {
  const configuration = configurationOf(model, generation)
  if (configuration === undefined) return true
  const plan = configuration === 0 ? life.configuration : life.commands[configuration - 1]?.configuration
  return plan?.handler === "uninterruptible"
}

/** When a shutdown has returned nothing is left, of any generation. */
const nothingIsLeft: RestartCheck = ({ commands, end }) => {
  for (const { kind, returned } of commands) {
    if (returned === undefined || (kind !== "drain" && kind !== "hard stop")) continue
    const { connections, listeners, fibers } = returned
    const left = `${connections} connections, ${listeners} listeners, ${fibers} fibers`
    must("I-L9", connections === 0 && listeners === 0 && fibers === 0, () => `"${kind}" left ${left}`, returned.order)
  }
  must("I-L9", end?.connections === 0 && end.listeners === 0 && end.fibers === 0, () => `left: ${JSON.stringify(end)}`)
}

export const restartChecks: ReadonlyArray<{ readonly id: string; readonly check: RestartCheck }> = [
  { id: "I-S4", check: belongsToOne },
  { id: "I-S14 I-S15", check: socketsFollowEachOther },
  { id: "I-S14 I-S15", check: nobodyIsRefused },
  { id: "I-S14", check: stayingNeverFails },
  { id: "I-S15", check: oneSocketIsLeft },
  { id: "I-S14 I-S15", check: nobodyIsCut },
  { id: "I-S14", check: answersAreOneGenerations },
  { id: "I-S15", check: failureChangesNothing },
  { id: "I-L9", check: everythingReturns },
  { id: "I-L9", check: endsInTime },
  { id: "I-L9", check: restartsAreInOrder },
  { id: "I-L9", check: generationsEnd },
  { id: "I-L9", check: generationsDoNotPileUp },
  { id: "I-L9", check: nothingIsLeft }
]
