/**
 * What holds of a server with limits, whatever happens.
 */
import { must } from "@tidegate/testing/Violation"
import type { ShedBecause } from "tidegate/Events"
import type { Fate, LimitsModel, Standing, Step } from "./LimitsModel.ts"
import { hostIn } from "./LimitsModel.ts"
import { goodbye, type LimitsPlan, type LimitsScenario, lineOf } from "./LimitsScenario.ts"

/** One invariant: throws a `Violation` if it does not hold. */
export type LimitsInvariant = (model: LimitsModel, scenario: LimitsScenario) => void

// --- what the limits allow ---

/** While they change, either may be meant. */
const most = ({ limits }: Standing, of: (limits: LimitsPlan) => number): number => Math.max(...limits.map(of))
const least = ({ limits }: Standing, of: (limits: LimitsPlan) => number): number => Math.min(...limits.map(of))
const maxConnections = (limits: LimitsPlan): number => limits.maxConnections
const maxPerPeer = (limits: LimitsPlan): number => limits.maxPerPeer
const maxWaiting = (limits: LimitsPlan): number => limits.maxWaiting
const waitTimeout = (limits: LimitsPlan): number => limits.waitTimeout

const ofPeer = ({ peers }: Standing, peer: string): number => peers.filter((host) => host === hostIn(peer)).length

/** The last entry of each millisecond in which the server was running, before the next one. */
const pauses = ({ steps }: LimitsModel): ReadonlyArray<Step> =>
  steps.filter((step, place) => {
    const next = steps[place + 1]
    return next !== undefined && next.at > step.at && !step.after.isEnding && step.after.limits.length === 1
  })

const fateOf = (model: LimitsModel, { entry }: Step, tag: string): Fate | undefined =>
  entry.source === "server" && entry.event._tag === tag && "id" in entry.event
    ? model.fates.get(entry.event.id)
    : undefined

// --- the invariants ---

/** I-S9: live served connections never exceed the limit, of the server and of a peer, nor those that wait theirs. */
export const withinLimits: LimitsInvariant = (model) => {
  for (const step of model.steps) {
    const { before } = step
    const opened = fateOf(model, step, "ConnectionOpened")
    const parked = fateOf(model, step, "ConnectionParked")
    if (opened !== undefined) {
      const limit = most(before, maxConnections)
      must("I-S9", before.slots.size < limit, () => `${opened.id} is served, as one more than ${limit}`)
    }
    if (parked !== undefined) {
      const room = most(before, maxWaiting)
      must("I-S9", before.waiting.length < room, () => `${parked.id} waits, as one more than ${room}`)
    }
    const taken = parked ?? (opened?.parkedAt === undefined ? opened : undefined)
    if (taken === undefined) continue
    const limit = most(before, maxPerPeer)
    must("I-S9", ofPeer(before, taken.peer) < limit, () => `${taken.id} is one more than ${limit} of ${taken.peer}`)
  }
}

/** I-S9: permits taken minus released = live connections: who has gone while it waited holds nothing, and the gauges agree. */
export const nothingHeldForNobody: LimitsInvariant = (model, scenario) => {
  for (const { after, at } of pauses(model)) {
    for (const { id } of after.waiting) {
      const gone = goneAt(model, scenario, model.fates.get(id)?.peer ?? "")
      must("I-S9", gone > at, () => `the peer of ${id} went away at ${gone}, and ${id} still waits`)
    }
  }
  for (const { asked, order, parked } of model.infos) {
    const seen = model.steps.slice(asked, order + 1).map(({ after }) => after.waiting.length)
    must("I-S9", seen.includes(parked), () => `${parked} parked are said, ${seen.at(-1)} wait by the events`)
  }
}

/**
 * When a peer that waits has gone away: its RST, or a FIN with nothing before it. Behind bytes a FIN says only that the peer has
 * asked all that it will (FF-17), and a reset behind that FIN need not be noticed.
 */
const goneAt = (model: LimitsModel, scenario: LimitsScenario, peer: string): number => {
  const client = model.clientOf(peer) ?? 0
  const plan = scenario.clients[client]
  const fin = model.fins.get(model.endOf(peer)) ?? Infinity
  const reset = model.resets.get(model.endOf(peer)) ?? Infinity
  if (plan !== undefined && lineOf(plan, client) === "") return Math.min(fin, reset)
  return fin === Infinity ? reset : Infinity
}

/** I-S10: every connection that came has one end: `ConnectionEnded` if it was served, else `ConnectionShed`. */
export const oneEndEach: LimitsInvariant = (model) => {
  let shed = 0
  for (const { ends, id, openedAt } of model.fates.values()) {
    const [end] = ends
    must("I-S10", ends.length === 1, () => `${id} ended ${ends.length} times: ${ends.join()}`)
    must("I-S10", (end === "ended") === (openedAt !== undefined), () => `${id}, opened at ${openedAt}, ended as ${end}`)
    if (end !== "ended") shed++
  }
  const said = model.returned?.shed
  must("I-S10", said === shed, () => `${shed} were shed by the events, ${said} by the report`)
}

/** I-S2, I-S3: when the end returns, neither a descriptor nor a fiber of the server is left. */
export const nothingLeft: LimitsInvariant = ({ returned }) => {
  must("I-S2", returned?.connections === 0, () => `${returned?.connections} descriptors are open at the end`)
  must("I-S3", returned?.fibers === 0, () => `${returned?.fibers} fibers are alive at the end`)
}

/** I-S7: who is turned away, and not by a reset, reads the goodbye and then EOF, whatever it has sent. */
export const goodbyeThenEof: LimitsInvariant = (model, scenario) => {
  for (const { client, ending, order, text } of model.seen) {
    const fate = model.fateOf(client)
    const manner = scenario.clients[client]?.manner
    if (fate === undefined || fate.openedAt !== undefined || manner === "resets") continue
    const step = model.steps[fate.endOrder]
    const canReset = step?.before.limits.some(({ atLimit }) => atLimit === "reset") === true
    const isCut = order > model.endsAt && scenario.end !== "drain"
    if (canReset || isCut) continue
    const seen = `${JSON.stringify(text)}, then ${ending}`
    must("I-S7", text === goodbye && ending === "eof", () => `${fate.id}, shed for "${fate.ends.join()}", saw ${seen}`)
  }
}

/** I-S6: who is served, at once or after waiting, is answered what it has sent, unless it came after the drain of its generation. */
export const answered: LimitsInvariant = (model, scenario) => {
  for (const { client, order, text } of model.seen) {
    const plan = scenario.clients[client]
    const fate = model.fateOf(client)
    if (plan === undefined || fate?.openedAt === undefined || plan.manner === "resets") continue
    if (fate.isReplaced || order > model.endsAt) continue
    const line = lineOf(plan, client)
    must("I-S6", text === line, () => `${fate.id} sent ${JSON.stringify(line)}, and saw ${JSON.stringify(text)}`)
  }
}

/** I-L3: while serving and under the limit, an established connection is taken; and it is turned away for what is the case. */
export const takenUnderTheLimit: LimitsInvariant = (model, scenario) => {
  for (const { after, at } of pauses(model)) {
    must("I-L3", after.undecided === 0, () => `${after.undecided} accepted connections are still untaken after ${at}`)
  }
  for (const step of model.steps) {
    const fate = fateOf(model, step, "ConnectionShed")
    const because =
      step.entry.source === "server" && step.entry.event._tag === "ConnectionShed"
        ? step.entry.event.because
        : undefined
    if (fate === undefined || because === undefined) continue
    const isSo = isTheCase(because, fate, step, () => goneAt(model, scenario, fate.peer))
    must("I-L3", isSo, () => `${fate.id} was shed for "${because}", with ${storyOf(step.before)}`)
  }
}

const isTheCase = (because: ShedBecause, fate: Fate, { at, before }: Step, gone: () => number): boolean => {
  const isFull = before.slots.size >= least(before, maxConnections)
  switch (because) {
    case "limit":
      return isFull && before.limits.some(({ atLimit }) => atLimit !== "wait")
    case "peer limit":
      return ofPeer(before, fate.peer) >= least(before, maxPerPeer)
    case "waiting room full":
      return isFull && before.waiting.length >= least(before, maxWaiting)
    case "waited too long":
      return at - (fate.parkedAt ?? at) >= least(before, waitTimeout)
    case "peer left":
      return gone() <= at
    case "shutdown":
      return before.isEnding
  }
}

const storyOf = ({ limits, slots, waiting }: Standing): string =>
  `${slots.size} served and ${waiting.length} waiting under ${JSON.stringify(limits)}`

/** I-L4: at the limit, closing one connection lets the oldest untaken one in; and nobody waits longer than it may. */
export const oldestNext: LimitsInvariant = (model) => {
  for (const step of model.steps) {
    const opened = fateOf(model, step, "ConnectionOpened")
    const oldest = step.before.waiting[0]?.id ?? Infinity
    const story = (): string => `${opened?.id} is served, and ${oldest} has waited longer`
    must("I-L4", opened === undefined || opened.id <= oldest, story)
  }
  for (const { after, at } of pauses(model)) {
    const { changedAt, slots, waiting } = after
    const isFull = slots.size >= most(after, maxConnections)
    must("I-L4", waiting.length === 0 || isFull, () => `${waiting[0]?.id} waits at ${at}, with ${storyOf(after)}`)
    for (const { id, since } of waiting) {
      const due = Math.max(since + most(after, waitTimeout), changedAt)
      must("I-L4", due > at, () => `${id} still waits after ${at}, and was due at ${due}`)
    }
  }
}

/** By the numbers of what they check. */
export const limitsInvariants: Readonly<Record<string, ReadonlyArray<LimitsInvariant>>> = {
  "I-S2": [nothingLeft],
  "I-S3": [nothingLeft],
  "I-S6": [answered],
  "I-S7": [goodbyeThenEof],
  "I-S9": [withinLimits, nothingHeldForNobody],
  "I-S10": [oneEndEach],
  "I-L3": [takenUnderTheLimit],
  "I-L4": [oldestNext]
}
