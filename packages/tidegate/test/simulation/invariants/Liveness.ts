/**
 * What has to come in the end, once faults are off and peers read.
 */
import { must } from "@tidegate/testing/Violation"
import { answerable, answersTo, type Invariant, linkOf, roundTrip, scriptOf } from "../Expectations.ts"
import { timePerLine } from "../Handlers.ts"
import type { Life } from "../Life.ts"
import { floodFrame, floodFrames, isEcho, maxLineLength, wholeLines } from "../Texts.ts"

/**
 * I-L2: if every peer keeps reading and the deadline covers the owed bytes, drain ends with nobody cut.
 *
 * What decides: the deadline is far above what any link of these lives needs, and so is `closeTimeout`.
 */
export const nobodyCut: Invariant = (model) => {
  for (const connection of model.connections) {
    const reason = connection.ended?.reason
    const isCut = reason === "aborted" || reason === "stalled"
    must("I-L2", !isCut, () => `${connection} ended as ${reason} at ${connection.ended?.at}`)
  }
  const aborted = model.stopped?.report.aborted
  must("I-L2", aborted === 0, () => `${aborted} aborted, by the report`)
}

/** I-L2: who had the time it needs before the drain was answered in full, and the drain takes no longer than the slowest link. */
export const answeredInTheEnd: Invariant = (model, life) => {
  const drainAt = model.drains[0]?.at ?? 0
  let slowest = 0
  for (const connection of model.connections) {
    const plan = life.clients[connection.client]
    if (plan === undefined) continue
    const needs = timeFor(life, connection.client)
    slowest = Math.max(slowest, needs)
    if (plan.manner === "resets" || !isEcho(life.handler)) continue
    const script = scriptOf(life, connection)
    const whole = Math.min(wholeLines(script, connection.sent), answerable(life, connection))
    const began = Math.max(connection.opened?.at ?? Infinity, model.healed?.at ?? 0)
    if (began + needs > drainAt) continue
    const refused = plan.lines.findIndex(({ kind }) => kind === "tooLong")
    const isRefused = refused >= 0 && wholeLines(script, connection.sent) > refused
    const isOver = (connection.ended?.at ?? Infinity) <= drainAt
    must("I-L2", isOver || !isRefused, () => `${connection} has sent a line that is too long, and is still served`)
    // A peer that goes on sending after the end, beyond the linger bound, has made the reset itself that takes its answers.
    if (connection.serverClosed?.reason === "released" && connection.sees?.ending !== "eof") continue
    const owed = answersTo(life, connection, whole).length
    const got = connection.sees?.text.length ?? 0
    must("I-L2", got >= owed, () => `${connection} had ${drainAt - began} ms, and got ${got} of ${owed} bytes`)
  }
  const took = (model.stopped?.at ?? Infinity) - drainAt
  const most = slowest + life.server.lingerTimeout
  must("I-L2", took <= most, () => `the drain took ${took} ms, the slowest peer needs ${most}`)
}

/** More than enough for all lines of a client to go there, be handled and come back. */
export const timeFor = (life: Life, client: number): number => {
  const plan = life.clients[client]
  if (plan === undefined) return 0
  const link = linkOf(life, client)
  const floods = life.handler === "flood" ? floodFrames * floodFrame(0).length : 1000
  const bytes = plan.lines.length * maxLineLength + floods
  const piece = Math.min(link.segmentBytes, link.sendBufferBytes, link.receiveBufferBytes, link.readBytes)
  const trips = 4 + 2 * Math.ceil(bytes / piece)
  return plan.lines.length * (plan.pause + timePerLine(life.handler)) + plan.patience + trips * roundTrip(link)
}
