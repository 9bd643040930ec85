/**
 * What becomes of a server whose listening socket dies.
 */
import { must } from "@tidegate/testing/Violation"
import { endings, type Invariant } from "../Expectations.ts"
import type { ListenerMoment, Model } from "../Model.ts"

/** As documented: 5 ms, doubled with each try in a row, at most 1 s. */
const pauseBefore = (tries: number): number => (tries === 0 ? 0 : Math.min(1000, 5 * 2 ** (tries - 1)))

/** A listener that has lived longer than the longest pause has not just failed. */
const isWellAfter = 1000

/** When a shutdown was asked for first. */
const endBegan = (model: Model): number => Math.min(...endings(model).map(({ began }) => began.at), Infinity)

/**
 * I-L10: with the policy relisten a lost listener is bound again at the same address, as soon as its pauses and what stands in the way
 * allow; with every other one it never is.
 *
 * What decides: the tries in a row are counted from the trace. A `listen` that somebody has asked for may come first, and may make
 * the try that is due wait for its turn.
 */
export const isBoundAgain: Invariant = (model, { bindTakes = 0 }) => {
  let tries = 0
  let openedAgain: number | undefined
  model.listenerEvents.forEach((event, at) => {
    if (event.tag !== "ListenerLost") return
    const next = model.listenerEvents[at + 1]
    if (model.onListenerLost !== "relisten") {
      must("I-L10", next === undefined, () => `lost at ${event.at}, and ${next?.tag} follows`)
      return
    }
    if (openedAgain === undefined || event.at - openedAgain > isWellAfter) tries = 0
    const failed = failuresBetween(model, event, next)
    const pauses = sumOf(failed + 1, (more) => pauseBefore(tries + more))
    comesInTime(model, event, next, { at: event.at + pauses + bindTakes, bindTakes })
    tries += failed + 1
    openedAgain = next?.at
  })
}

const sumOf = (count: number, of: (at: number) => number): number =>
  Array.from({ length: count }, (_, at) => of(at)).reduce((sum, one) => sum + one, 0)

const failuresBetween = (model: Model, from: ListenerMoment, to: ListenerMoment | undefined): number =>
  model.binds.filter(
    ({ event, order }) => event === "failed" && order > from.order && order < (to?.order ?? Number.POSITIVE_INFINITY)
  ).length

const comesInTime = (
  model: Model,
  lost: ListenerMoment,
  next: ListenerMoment | undefined,
  due: { readonly at: number; readonly bindTakes: number }
): void => {
  const asked = model.commandsOf("listen", "listen, caller gone").length
  const latest = due.at + asked * due.bindTakes
  if (next === undefined) {
    must("I-L10", endBegan(model) <= latest, () => `lost at ${lost.at}, due at ${latest}, and never bound again`)
    return
  }
  const story = (): string =>
    `lost at ${lost.at} on ${lost.address}, bound on ${next.address} at ${next.at}, due at ${due.at} to ${latest}`
  must("I-L10", next.tag === "ListenerOpened" && next.address === lost.address, story)
  must("I-L10", next.at <= latest && (asked > 0 || next.at === due.at), story)
}

/**
 * I-L10: whoever looks is never told that a server runs whose listening socket is gone, nor that it has lost one that is there.
 *
 * What decides: what was so when nothing changed for a millisecond before the question. A socket that dies while the bind still
 * takes its time is found dead when it is opened.
 */
export const saysWhatListens: Invariant = (model, { bindTakes = 0 }) => {
  for (const { about, asked, at } of model.infos) {
    const before = model.binds.filter(({ event, order }) => event !== "failed" && order < asked)
    const last = before.at(-1)
    if (last === undefined || [...model.binds, ...model.listenerEvents].some((other) => other.at === at)) continue
    const isListening = last.event === "listening"
    must(
      "I-L10",
      about.state !== "running" || isListening,
      () => `running at ${at}, and nothing listens since ${last.at}`
    )
    const isKnown = isListening && at - last.at > bindTakes
    must("I-L10", about.state !== "listenerLost" || !isKnown, () => `lost at ${at}, and bound at ${last.at}`)
  }
}

/**
 * I-L10: a listener that was bound again takes everybody who comes.
 *
 * What decides: who was accepted while it was open, before a shutdown was asked for. Of a bind that is given up nobody is served.
 */
export const lateComersAreServed: Invariant = (model) => {
  if (model.onListenerLost !== "relisten" || model.commandsOf("hard stop", "close scope").length > 0) return
  const ended = Math.min(...endings(model).map(({ began }) => began.order), Number.POSITIVE_INFINITY)
  const isOpen = (order: number): boolean =>
    model.listenerEvents.findLast((event) => event.order < order)?.tag === "ListenerOpened"
  const forgotten = model.connections.filter(
    ({ accepted, opened }) =>
      accepted !== undefined && accepted.order < ended && isOpen(accepted.order) && opened === undefined
  )
  const shed = model.stopped?.report.shed ?? 0
  must("I-L10", forgotten.length <= shed, () => `${forgotten.join()} accepted, not served; ${shed} shed`)
}
