/**
 * Who is taken, and when.
 */
import { must } from "@tidegate/testing/Violation"
import { endings, endsAt, hardFrom, type Invariant, isDisturbed, linkOf, staysToTheEnd } from "../Expectations.ts"
import type { Life } from "../Life.ts"
import type { AcceptFailure, Model, Moment } from "../Model.ts"

/**
 * I-S5: nothing the platform accepted after the listener's end is served; everything it accepted before is, unless the server was
 * stopped hard or had no place for it.
 *
 * What decides: the order of `ListenerClosed` (or `ListenerLost`) in the trace, not the millisecond. It stands after the sweep, in
 * the step that takes what is pending.
 */
export const servedBeforeTheEnd: Invariant = (model, life) => {
  const end = model.listenerEnded?.order ?? Infinity
  let refused = 0
  for (const connection of model.connections) {
    const { accepted, opened } = connection
    must("I-S5", (opened?.order ?? 0) < end, () => `${connection} was taken after the listener's end`)
    must(
      "I-S5",
      opened === undefined || before(accepted, opened),
      () => `${connection} was taken before it was accepted`
    )
    const isNew = opened !== undefined && (accepted?.at ?? 0) > (model.drains[0]?.at ?? Infinity)
    must("I-S5", !isNew, () => `${connection}, accepted at ${accepted?.at}, was taken by a draining server`)
    const isLate = (accepted?.order ?? 0) > (model.notListening?.order ?? Infinity)
    must("I-S5", !isLate, () => `${connection} was accepted by a closed listener`)
    if (accepted !== undefined && opened === undefined) refused++
  }
  const shed = model.stopped?.report.shed ?? 0
  const isHard = hardFrom(model) < Infinity
  must("I-S5", isHard ? refused >= shed : refused === shed, () => `${refused} were not served, ${shed} shed`)
  if (!isHard) sweptIn(model, life, shed)
}

/** Who has connected when the drain begins stands in the platform's accept queue at least, and the sweep brings it in. */
const sweptIn = (model: Model, life: Life, shed: number): void => {
  const drain = model.drains[0]
  if (drain === undefined || endsAt(model) <= drain.at) return
  const left = model.connections.filter((connection) => {
    const { latency, jitter, bytesPerMillisecond } = linkOf(life, connection.client)
    const isUndisturbed = staysToTheEnd(model, life, connection) && !isDisturbed(model, connection)
    const isInstant = latency + jitter + bytesPerMillisecond === 0
    return isUndisturbed && isInstant && before(connection.connected, drain) && connection.opened === undefined
  })
  const turnedAway = shed + model.platformFailures.length
  must("I-S5", left.length <= turnedAway, () => `${left.join()} had connected before the drain, and were not served`)
}

const before = (a: { readonly order: number } | undefined, b: { readonly order: number }): boolean =>
  a !== undefined && a.order < b.order

/**
 * I-S19: temporary accept errors never end the accept fiber; fatal ones end it once, with the listener closed and the owner told.
 *
 * What decides: each listener that was opened ends once, and before the next one is opened.
 */
export const acceptErrors: Invariant = (model) => {
  const { listenerEvents } = model
  const lost = listenerEvents.filter(({ tag }) => tag === "ListenerLost")
  const isPaired = listenerEvents.every(({ tag }, at) => (tag === "ListenerOpened") === (at % 2 === 0))
  must("I-S19", isPaired && listenerEvents.length % 2 === 0, () => listenerEvents.map(({ tag }) => tag).join())
  const asked = model.commandsOf("lose listener")
  const died = model.platformFailures.filter(({ code }) => code === "EBADF")
  for (const { at, order } of lost) {
    const isAsked = asked.some(({ began }) => began.order < order) && died.some((death) => death.order < order)
    must("I-S19", isAsked, () => "the listener was lost, and no fatal error was met")
    const last = model.binds.findLast((bind) => bind.event !== "failed" && bind.order < order)
    must("I-S19", last?.event === "notListening", () => `the listener was lost at ${at} and is not closed`)
  }
  deathsAreTold(model, died, lost)
  for (const failure of model.acceptFailures) {
    must("I-S19", failure.errorClass === "temporary", () => `${failure.code} counts as ${failure.errorClass}`)
  }
  if (lost.length === 0 || model.onListenerLost === "relisten") return
  must("I-S19", model.told?.how === "lost", () => `the listener was lost, and its owner was told "${model.told?.how}"`)
}

/** In the very millisecond, and as often as one has died, unless a shutdown has begun by then. */
const deathsAreTold = (model: Model, died: ReadonlyArray<Moment>, lost: ReadonlyArray<Moment>): void => {
  // One that dies before it was opened is nobody's yet.
  const isOpen = (order: number): boolean =>
    model.listenerEvents.findLast((event) => event.order < order)?.tag === "ListenerOpened"
  const alone = died.filter(({ at, order }) => isOpen(order) && endings(model).every(({ began }) => began.at > at))
  for (const { at } of alone) {
    must(
      "I-S19",
      lost.some((loss) => loss.at === at),
      () => `the listener died at ${at}, and nobody was told`
    )
  }
  const isOnce = lost.length >= alone.length && lost.length <= died.length
  must("I-S19", isOnce, () => `${died.length} listeners have died, ${lost.length} losses were told`)
}

// --- the pace of accepting ---

const ofOneConnection = new Set(["ECONNABORTED", "EPROTO", "EPERM", "EINTR"])

interface Happening extends Moment {
  readonly failure: AcceptFailure | undefined
  /** Which error in a row it is. */
  readonly inARow: number
  /** As documented: 5 ms, doubled with each shortage in a row, at most 1 s; none for an error of the one connection. */
  readonly pause: number
}

/** What was taken and what has failed, in order. */
const happeningsOf = (model: Model): ReadonlyArray<Happening> => {
  let inARow = 0
  let shortages = 0
  return [
    ...model.acceptFailures.map((failure) => ({ order: failure.order, at: failure.at, failure })),
    ...model.opened.flatMap(({ opened }) => (opened === undefined ? [] : [{ ...opened, failure: undefined }]))
  ]
    .sort((a, b) => a.order - b.order)
    .map(({ at, failure, order }) => {
      const isShortage = failure !== undefined && !ofOneConnection.has(failure.code)
      inARow = failure === undefined ? 0 : inARow + 1
      shortages = failure === undefined ? 0 : shortages + (isShortage ? 1 : 0)
      return { at, order, failure, inARow, pause: isShortage ? Math.min(1000, 5 * 2 ** (shortages - 1)) : 0 }
    })
}

/** Up to where accepting goes its own pace: a pause ends with the listening socket, before anybody is told. */
const paceEnds = (model: Model): number =>
  Math.min(model.notListening?.order ?? Infinity, ...endings(model).map(({ began }) => began.order))

/**
 * I-L3, the part without limits: while serving, an established connection is taken within the current back-off plus one turn.
 *
 * What decides: a turn takes no time, so between accept and taking only pauses may pass.
 */
export const takenInTime: Invariant = (model) => {
  const until = paceEnds(model)
  const happenings = happeningsOf(model)
  for (const connection of model.connections) {
    const { accepted, opened, serverClosed } = connection
    if (accepted === undefined || accepted.order > until) continue
    const taken = opened ?? serverClosed
    if (taken === undefined || taken.order > until) continue
    const pauses = happenings.filter(({ failure, order }) => failure !== undefined && order < taken.order)
    const latest = Math.max(accepted.at, ...pauses.map(({ at, pause }) => at + pause))
    must("I-L3", taken.at <= latest, () => `${connection}, accepted at ${accepted.at}, was taken at ${taken.at}`)
  }
}

/** I-L3: nobody waits when the server is told to stop, unless a pause is on. */
export const nobodyIsForgotten: Invariant = (model) => {
  const until = paceEnds(model)
  const told = [...endings(model)].sort((a, b) => a.began.order - b.began.order)[0]?.began
  if (told === undefined || told.order !== until) return
  for (const connection of model.connections) {
    const { accepted, opened, serverClosed } = connection
    if (accepted === undefined || accepted.at >= told.at || (opened ?? serverClosed ?? told).order < until) continue
    const isPaused = happeningsOf(model).some(
      ({ at, failure, order, pause }) => failure !== undefined && order < until && at + pause >= told.at
    )
    must("I-L3", isPaused, () => `${connection}, accepted at ${accepted.at}, still waits at ${told.at}`)
  }
}

/**
 * I-L5: after the last accept error the back-off returns to zero with the next success; it never exceeds its cap, and is kept while
 * it lasts.
 */
export const backsOff: Invariant = (model) => {
  const until = paceEnds(model)
  let earliest = 0
  for (const { at, failure, inARow, order, pause } of happeningsOf(model)) {
    if (order > until) return
    must("I-L5", at >= earliest, () => `something was taken at ${at}, in a pause that ends at ${earliest}`)
    const said = failure?.consecutive ?? 0
    must("I-L5", said === inARow, () => `error ${inARow} in a row counts as ${said}`)
    earliest = at + pause
  }
}
