/**
 * Who is taken, and when.
 */
import { must } from "@tidegate/testing/Violation"
import { endings, endsAt, hardFrom, type Invariant, isDisturbed, linkOf, staysToTheEnd } from "../Expectations.ts"
import type { Life } from "../Life.ts"
import type { AcceptFailure, Model } from "../Model.ts"

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

/** I-S19: temporary accept errors never end the accept fiber; fatal ones end it once, with the listener closed and the owner told. */
export const acceptErrors: Invariant = (model) => {
  const lost = model.listenerEvents.filter(({ tag }) => tag === "ListenerLost")
  const ends = model.listenerEvents.filter(({ tag }) => tag !== "ListenerOpened")
  must("I-S19", ends.length === 1, () => `the listener ended ${ends.length} times`)
  const isAsked = model.commandsOf("lose listener").some(({ began }) => began.order < (lost[0]?.order ?? 0))
  must("I-S19", lost.length === 0 || isAsked, () => "the listener was lost, and no fatal error was met")
  const died = model.platformFailures.find(({ code }) => code === "EBADF")
  const isAlone = died !== undefined && endings(model).every(({ began }) => began.at > died.at)
  must("I-S19", !isAlone || lost[0]?.at === died.at, () => `the listener died at ${died?.at}, and nobody was told`)
  for (const failure of model.acceptFailures) {
    must("I-S19", failure.errorClass === "temporary", () => `${failure.code} counts as ${failure.errorClass}`)
  }
  if (lost.length === 0) return
  must("I-S19", model.told?.how === "lost", () => `the listener was lost, and its owner was told "${model.told?.how}"`)
  const isClosed = (model.notListening?.order ?? Infinity) < (lost[0]?.order ?? 0)
  must("I-S19", isClosed, () => "the listener was lost and is not closed")
}

// --- the pace of accepting ---

const ofOneConnection = new Set(["ECONNABORTED", "EPROTO", "EPERM", "EINTR"])

/** As documented: 5 ms, doubled with each error in a row, at most 1 s; none for an error of the one connection. */
const pauseAfter = ({ code, consecutive }: AcceptFailure): number =>
  ofOneConnection.has(code) ? 0 : Math.min(1000, 5 * 2 ** (consecutive - 1))

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
  for (const connection of model.connections) {
    const { accepted, opened, serverClosed } = connection
    if (accepted === undefined || accepted.order > until) continue
    const taken = opened ?? serverClosed
    if (taken === undefined || taken.order > until) continue
    const pauses = model.acceptFailures.filter(({ order }) => order < taken.order)
    const latest = Math.max(accepted.at, ...pauses.map((failure) => failure.at + pauseAfter(failure)))
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
    const isPaused = model.acceptFailures.some(
      (failure) => failure.order < until && failure.at + pauseAfter(failure) >= told.at
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
  const happenings = [
    ...model.acceptFailures.map((failure) => ({ order: failure.order, at: failure.at, failure })),
    ...model.opened.flatMap(({ opened }) => (opened === undefined ? [] : [{ ...opened, failure: undefined }]))
  ].sort((a, b) => a.order - b.order)
  let inARow = 0
  let earliest = 0
  for (const { at, failure, order } of happenings) {
    if (order > until) return
    must("I-L5", at >= earliest, () => `something was taken at ${at}, in a pause that ends at ${earliest}`)
    inARow = failure === undefined ? 0 : inARow + 1
    const said = failure?.consecutive ?? 0
    must("I-L5", said === inARow, () => `error ${inARow} in a row counts as ${said}`)
    earliest = failure === undefined ? 0 : at + pauseAfter(failure)
  }
}
