/**
 * What holds of suspensions and of the phases of a shutdown.
 */
import { must } from "@tidegate/testing/Violation"
import { phasesOf } from "../../../src/ShutdownPhases.ts"
import type { ConnectionStory, Moment, SuspensionModel } from "./Model.ts"
import { patienceOf, type Stop, type SuspensionScenario, workOf } from "./Scenario.ts"

export type SuspensionInvariant = (model: SuspensionModel, scenario: SuspensionScenario) => void

const orderOf = (moment: { readonly order: number } | undefined): number => moment?.order ?? Number.POSITIVE_INFINITY

interface Planned {
  readonly began: Moment
  readonly plan: Omit<Stop, "closeTimeout"> & { readonly closeTimeout: number }
}

/** The shutdowns in the order of their calls; a close timeout that one of them has shortened stays short. */
const plansOf = (model: SuspensionModel, { stops }: SuspensionScenario): ReadonlyArray<Planned> => {
  let closeTimeout = Number.POSITIVE_INFINITY
  return model.stopsInOrder.flatMap(({ began, stop }) => {
    const plan = stops[stop]
    if (plan === undefined) return []
    if (plan.kind === "graceful") closeTimeout = Math.min(closeTimeout, plan.closeTimeout)
    return [{ began, plan: { ...plan, closeTimeout } }]
  })
}

/** From where on in the trace a shutdown decides who is taken. */
const stopsFrom = (model: SuspensionModel): number => orderOf(model.stopsInOrder[0]?.began)

/** I-S16: a suspended server takes nobody. */
const takesNobody: SuspensionInvariant = (model) => {
  for (const { began, resumed } of model.suspensions) {
    const until = Math.min(orderOf(resumed), orderOf(model.drainBegan))
    for (const { client, opened } of model.connections) {
      const isTaken = opened !== undefined && opened.order > began.order && opened.order < until
      must("I-S16", !isTaken, () => `client ${client} was taken at ${opened?.at}, suspended since ${began.at}`)
    }
  }
}

/** I-S16: … refused means that nobody can get as far as the platform's accept. */
const refuses: SuspensionInvariant = (model) => {
  for (const { began, bound, refuses } of model.suspensions) {
    for (const { accepted, client } of model.connections) {
      const isAccepted = accepted !== undefined && accepted.order > began.order && accepted.order < orderOf(bound)
      must("I-S16", !(refuses && isAccepted), () => `client ${client} was accepted by a server that refuses`)
    }
  }
}

/** I-S16: resumed, it takes the untaken at once, in the order in which they came. */
const takesTheUntaken: SuspensionInvariant = (model) => {
  const taken = model.connections
    .filter(({ opened }) => opened !== undefined)
    .sort((a, b) => orderOf(a.opened) - orderOf(b.opened))
  taken.forEach(({ accepted, client }, at) => {
    const before = taken[at - 1]
    const isInTurn = before === undefined || orderOf(before.accepted) < orderOf(accepted)
    must("I-S16", isInTurn, () => `client ${client} was taken after client ${before?.client}, who came later`)
  })
  for (const { began, resumed } of model.suspensions) {
    if (resumed === undefined || resumed.order > stopsFrom(model)) continue
    for (const { accepted, client, opened } of model.connections) {
      const waits = orderOf(accepted) > began.order && orderOf(accepted) < resumed.order && opened !== undefined
      must("I-S16", !waits || opened.at === resumed.at, () => `client ${client} waited until ${opened?.at}`)
    }
  }
}

/** I-S16: the address stays, whatever port was asked for; each command returns, and says so. */
const keepsTheAddress: SuspensionInvariant = (model) => {
  const [first] = model.addresses
  for (const address of model.addresses) must("I-S16", address === first, () => `listens on ${address}, not ${first}`)
  for (const { address, resumed } of model.suspensions) {
    must("I-S16", address === first, () => `suspended at ${address}, not ${first}`)
    must("I-S16", (resumed?.address ?? first) === first, () => `resumed at ${resumed?.address}, not ${first}`)
  }
  for (const { kind, returned } of model.commands.values()) {
    must("I-S16", returned !== undefined, () => `"${kind}" has not returned`)
    must("I-S16", (returned?.address ?? first) === first, () => `"${kind}" gave ${returned?.address}, not ${first}`)
  }
}

/** I-S2, I-S3: when a shutdown returns nothing is left. */
const leavesNothing: SuspensionInvariant = (model) => {
  for (const { returned } of model.stops.values()) {
    const { connections, fibers, listeners } = returned ?? { connections: -1, fibers: -1, listeners: -1 }
    must("I-S2", connections === 0 && listeners === 0, () => `${connections} connections, ${listeners} listeners left`)
    must("I-S3", fibers === 0, () => `${fibers} fibers are alive when a shutdown returns`)
  }
}

/** I-L1: the deadline is that of the budget from the first call on, and a second call only brings it nearer. */
const endsInTime: SuspensionInvariant = (model, scenario) => {
  const deadlines = plansOf(model, scenario).map(
    ({ began, plan }) => began.at + (plan.kind === "hard" ? 0 : plan.drainTimeout)
  )
  const latest = Math.min(...deadlines) + patienceOf(scenario)
  const at = model.stopped?.at ?? Infinity
  must("I-L1", at <= latest, () => `stopped at ${at}, at the latest ${latest}`)
}

interface Delay {
  readonly endsAt: number
  /** Something happened in that very millisecond, and order decides which was first. */
  readonly isClose: boolean
}

/** When the delay has to be over: at its end, or when nobody has come for the quiet interval; both may only come nearer. */
const delayOf = (model: SuspensionModel, scenario: SuspensionScenario): Delay | undefined => {
  const [first, ...later] = plansOf(model, scenario)
  if (first === undefined || first.plan.kind === "hard") return undefined
  let endsAt = first.began.at + phasesOf(first.plan, first.plan.drainTimeout).delay
  let quiet: number = first.plan.quietInterval
  let lastArrival = first.began.at
  let now = first.began.at
  let isClose = false
  const over = (): number => Math.max(now, Math.min(endsAt, lastArrival + quiet))
  const happenings = [
    ...later.map(({ began, plan }) => ({ at: began.at, order: began.order, plan })),
    ...model.connections.flatMap(({ opened }) => (opened === undefined ? [] : [{ ...opened, plan: undefined }]))
  ].filter(({ order }) => order > first.began.order)
  for (const { at, plan } of happenings.sort((a, b) => a.order - b.order)) {
    if (at === over()) isClose = true
    if (at >= over()) break
    now = at
    if (plan === undefined) lastArrival = at
    else if (plan.kind === "hard") return undefined
    else {
      endsAt = Math.min(endsAt, at + phasesOf(plan, plan.drainTimeout).delay)
      quiet = Math.min(quiet, plan.quietInterval)
    }
  }
  return { endsAt: over(), isClose }
}

/**
 * I-L1, of the first phase: the server listens, and takes who comes, to the end of the delay and not longer; nobody is told before.
 */
const keepsTheDelay: SuspensionInvariant = (model, scenario) => {
  const delay = delayOf(model, scenario)
  const { drainBegan, listenerClosed } = model
  const suspended = model.suspensions.at(-1)
  const isSuspended = suspended !== undefined && suspended.resumed === undefined
  if (delay === undefined || drainBegan === undefined || listenerClosed === undefined) return
  if (isSuspended) {
    const isLate = !suspended.refuses && listenerClosed.at > drainBegan.at
    must("I-L1", !isLate, () => `parked, and listened on until ${listenerClosed.at}`)
    return
  }
  if (delay.isClose) return
  must(
    "I-L1",
    listenerClosed.at === delay.endsAt,
    () => `closed at ${listenerClosed.at}, the delay ends at ${delay.endsAt}`
  )
  for (const connection of model.connections) {
    takenInTheDelay(connection, model, scenario)
    const { client, ended } = connection
    const isTold = ended?.reason === "idle" || ended?.reason === "drained"
    must("I-L1", !isTold || ended.order > listenerClosed.order, () => `client ${client} was told in the delay`)
  }
}

const takenInTheDelay = (
  { accepted, client, opened }: ConnectionStory,
  model: SuspensionModel,
  scenario: SuspensionScenario
): void => {
  const { drainBegan, listenerClosed } = model
  if (orderOf(accepted) < orderOf(drainBegan) || orderOf(accepted) > orderOf(listenerClosed)) return
  if (scenario.maxUntaken < scenario.clients.length) return
  must(
    "I-L1",
    opened?.at === accepted?.at,
    () => `client ${client} came at ${accepted?.at} and was taken at ${opened?.at}`
  )
}

/** Enough for three lines, one after the other, and the way to the slowest peer and back. */
const timeForCloses = (scenario: SuspensionScenario): number => 3 * workOf(scenario) + 60

/** I-L2: who has work that ends, and reads, is not cut if the last phase leaves the time for it, whatever the delay and the jitter. */
const nobodyIsCut: SuspensionInvariant = (model, scenario) => {
  const [stop, second] = model.stopsInOrder
  const plan = plansOf(model, scenario)[0]?.plan
  if (stop === undefined || plan === undefined || plan.kind === "hard" || second !== undefined) return
  if (scenario.handler === "never" || scenario.handler === "uninterruptible") return
  if (phasesOf(plan, plan.drainTimeout).close < timeForCloses(scenario)) return
  must("I-L2", stop.returned?.cut === 0, () => `${stop.returned?.cut} were cut`)
}

/** By number, for a property that is reduced to some of them. */
export const suspensionInvariants: Readonly<Record<string, ReadonlyArray<SuspensionInvariant>>> = {
  "I-S2": [leavesNothing],
  "I-S3": [leavesNothing],
  "I-S16": [takesNobody, refuses, takesTheUntaken, keepsTheAddress],
  "I-L1": [endsInTime, keepsTheDelay],
  "I-L2": [nobodyIsCut]
}
