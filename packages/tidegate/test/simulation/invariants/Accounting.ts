/**
 * What the server says about itself, and what it leaves behind.
 */
import { must } from "@tidegate/testing/Violation"
import type { ConnectionModel } from "../ConnectionModel.ts"
import { endings, type Invariant, shutdowns } from "../Expectations.ts"
import type { InfoModel, Model } from "../Model.ts"

/** I-S2: when drain or hard stop returns, no descriptor of that generation is open. */
export const noDescriptorLeft: Invariant = (model) => {
  for (const { kind, returned } of shutdowns(model)) {
    if (returned === undefined) continue
    const isListening = model.listening !== undefined && (model.notListening?.order ?? Infinity) > returned.order
    must("I-S2", !isListening, () => `the listener is open when "${kind}" returns`)
    const { listeners } = returned
    must("I-S2", listeners === 0, () => `${listeners} listening descriptors are open when "${kind}" returns`)
    for (const connection of model.connections) {
      if ((connection.accepted?.order ?? Infinity) > returned.order) continue
      const isClosed = (connection.serverClosed?.order ?? Infinity) < returned.order
      must("I-S2", isClosed, () => `the server's end of ${connection} is open when "${kind}" returns`)
    }
  }
  const { end } = model
  must("I-S2", end?.listeners === 0, () => `${end?.listeners} listeners are open at the end`)
  must("I-S2", end?.addressFree === true, () => "the address is still in use at the end")
}

/** I-S3: … and no fiber of it is alive. */
export const noFiberLeft: Invariant = (model) => {
  for (const { kind, returned } of shutdowns(model)) {
    const fibers = returned?.fibers ?? 0
    must("I-S3", fibers === 0, () => `${fibers} fibers are alive when "${kind}" returns`)
  }
  must("I-S3", model.end?.fibers === 0, () => `${model.end?.fibers} fibers are alive at the end`)
}

/** I-S4: a connection is handed over at most once. Ids count from 1 in the order of taking. */
export const handedOverOnce: Invariant = (model) => {
  for (const connection of model.connections) {
    const { opens, serves } = connection
    must("I-S4", opens.length <= 1, () => `${connection} was taken ${opens.length} times`)
    must("I-S4", serves.length <= opens.length, () => `${connection} was handled ${serves.length} times`)
  }
  model.opened.forEach((connection, at) => {
    const id = connection.opened?.id
    must("I-S4", id === at + 1 && connection.client >= 0, () => `${connection} has id ${id}, it was number ${at + 1}`)
  })
}

/** I-S9, the part without limits: the gauges agree with the events at every look. */
export const gaugesAgree: Invariant = (model) => {
  for (const info of model.infos) {
    const { accepted, connections, ended, inFlight, state } = info.about
    must("I-S9", connections === accepted - ended, () => `${accepted} accepted, ${ended} ended, ${connections} live`)
    between(
      "accepted",
      accepted,
      info,
      model.opened.map(({ opened }) => opened?.order)
    )
    between(
      "ended",
      ended,
      info,
      model.opened.map(({ ended }) => ended?.order)
    )
    if (state !== "stopped") continue
    must("I-S9", connections === 0 && inFlight === 0, () => `${connections} live, ${inFlight} in flight when stopped`)
  }
}

/** What a look says was so at some time between the question and the answer. */
const between = (what: string, said: number, info: InfoModel, orders: ReadonlyArray<number | undefined>): void => {
  const count = (until: number): number => orders.filter((order) => (order ?? Infinity) < until).length
  const [least, most] = [count(info.asked), count(info.order)]
  must("I-S9", said >= least && said <= most, () => `${said} ${what}, between ${least} and ${most} by the events`)
}

/**
 * I-S10: every accepted connection gets exactly one `opened` and one `closed` event, with a reason; the gauges end at 0. All callers
 * get one report, and it counts each connection once.
 */
export const eventsInPairs: Invariant = (model) => {
  must("I-S10", model.strayEnds.length === 0, () => `ended without having been opened: ${model.strayEnds.join()}`)
  for (const connection of model.opened) pairOf(connection)
  const { infos } = model
  const last = infos.at(-1)?.about
  must("I-S10", last?.connections === 0 && last.inFlight === 0, () => "the gauges do not end at 0")
  reportAddsUp(model)
}

const pairOf = (connection: ConnectionModel): void => {
  const { ended, ends, opened, serverClosed } = connection
  must("I-S10", ends.length === 1, () => `${connection} ended ${ends.length} times`)
  if (ended === undefined || opened === undefined) return
  must("I-S10", ended.order > opened.order, () => `${connection} ended before it was opened`)
  const lasted = ended.at - opened.at
  must("I-S10", ended.milliseconds === lasted, () => `${connection}: ${ended.milliseconds} ms said, ${lasted} ms lived`)
  const [said, counted] = [ended, serverClosed].map((end) => `${end?.bytesIn} bytes in, ${end?.bytesOut} out`)
  must("I-S10", said === counted, () => `${connection}: ${said} said, ${counted} moved`)
}

const reportAddsUp = (model: Model): void => {
  const { report } = model.stopped ?? {}
  must("I-S10", model.stops.length === 1 && report !== undefined, () => `stopped ${model.stops.length} times`)
  if (report === undefined) return
  const { aborted, drained, idleClosed, shed, swept } = report
  const began = Math.min(model.listenerEnded?.order ?? Infinity, ...endings(model).map(({ began }) => began.order))
  const ends = model.opened.flatMap(({ ended }) => (ended === undefined ? [] : [ended]))
  const least = ends.filter(({ order }) => order > (model.drains[0]?.order ?? Infinity)).length
  const most = ends.filter(({ order }) => order > began).length
  const counted = aborted + drained + idleClosed
  const story = `${aborted} aborted + ${drained} drained + ${idleClosed} idle, of ${least} to ${most}`
  must("I-S10", counted >= least && counted <= most, () => story)
  const countOf = (reason: string, after: number): number =>
    ends.filter((end) => end.reason === reason && end.order > after).length
  // A peer can be given up between the command and the instant in which the server hears of it; all else follows from the shutdown.
  const shown = Math.min(model.drains[0]?.order ?? Infinity, model.listenerEnded?.order ?? Infinity)
  const cut = countOf("aborted", began)
  const [surely, atMost] = [cut + countOf("stalled", shown), cut + countOf("stalled", began)]
  const isCounted = aborted >= surely && aborted <= atMost
  must("I-S10", isCounted, () => `${story}; events say ${surely} to ${atMost} cut`)
  const idle = countOf("idle", began)
  must("I-S10", idleClosed === idle, () => `${story}; events say ${idle} idle`)
  must("I-S10", swept <= counted && shed >= 0, () => `${swept} swept of ${counted}`)
  const printed = `${drained} ${idleClosed} ${aborted} ${swept} ${shed}`
  for (const { kind, returned } of shutdowns(model)) {
    if (returned?.report === undefined) continue
    must("I-S10", returned.report === printed, () => `"${kind}" was told ${returned.report}, the report is ${printed}`)
  }
}
