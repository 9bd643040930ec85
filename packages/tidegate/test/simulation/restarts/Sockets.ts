/**
 * I-S14, I-S15: the listening sockets, and who reaches them.
 */
import { must } from "@tidegate/testing/Violation"
import { earliestDeadlineOf, wasCrowdedOut } from "./Configurations.ts"
import { isAwaited } from "./FirstRequests.ts"
import type { ClientModel, Moment, RestartCheck, RestartModel, ServedModel } from "./Model.ts"
import type { CommandKind, RestartScenario } from "./Scenario.ts"

/** What tells the two apart: whether anybody has asked for another endpoint by then. */
const sentenceAt = (model: RestartModel, order: number): "I-S14" | "I-S15" =>
  model.commands.some(({ began, kind }) => elsewhere.includes(kind) && began.order < order) ? "I-S15" : "I-S14"

const elsewhere: ReadonlyArray<CommandKind> = ["move", "taken", "overlap"]

/** The newest socket stays open until something ends the server: each closes only after another one was bound. */
export const socketsFollowEachOther: RestartCheck = (model, { disturbed }) => {
  if (disturbed) return
  const end = model.endBegan?.order ?? Infinity
  model.sockets.forEach(({ address, closed }, at) => {
    if (closed === undefined || closed.order > end) return
    const next = model.sockets[at + 1]
    const detail = (): string => `${address} was closed, and nothing else was bound`
    must(sentenceAt(model, closed.order), next !== undefined && next.opened.order < closed.order, detail, closed.order)
  })
}

/** Where the server listens already there is nothing that could go wrong. */
export const stayingNeverFails: RestartCheck = ({ commands }) => {
  // With one of them in between it may be another place by the time it is looked at.
  if (commands.some(({ kind }) => kind === "move" || kind === "overlap")) return
  for (const { kind, returned } of commands) {
    const error = returned?.error
    if (kind !== "same" && kind !== "again") continue
    must("I-S14", error === undefined || error === "ServerClosed", () => `"${kind}": ${error}`, returned?.order)
  }
}

/** A server that nobody has ended, and in which nothing is under way, listens with one socket. */
export const oneSocketIsLeft: RestartCheck = ({ commands, info, sockets }) => {
  if (info === undefined) return
  const isBusy = commands.some(
    ({ began, returned }) => began.order < info.order && (returned?.order ?? Infinity) > info.order
  )
  const isUnsure = commands.some(
    ({ began, kind }) => (kind === "caller gone" || kind === "lose listener") && began.at === info.at
  )
  if (isBusy || isUnsure) return
  const open = sockets.filter(
    ({ closed, opened }) => opened.order < info.order && (closed?.order ?? Infinity) > info.order
  )
  must("I-S15", open.length === 1, () => `listens at ${open.map(({ address }) => address).join(", ")}`, info.order)
}

/** Nobody who dials where the server listens is refused. */
export const nobodyIsRefused: RestartCheck = (model, life) => {
  for (const client of model.clients) {
    const { dialled, failed, to } = client
    if (failed === undefined) continue
    const listened =
      !life.disturbed &&
      model.sockets.some(
        ({ address, closed, opened }) =>
          address === to && opened.order < dialled.order && (closed?.order ?? Infinity) > failed.order
      )
    const detail = (): string => `client ${client.client} dialled ${to}, where the server listened: ${failed.code}`
    const sentence = sentenceAt(model, failed.order)
    must(sentence, !listened && mayBeLeftOut(model, life, client, failed), detail, failed.order)
  }
}

/** Nobody is reset or cut because of a restart: only by an end, at a deadline, or when generations pile up. */
export const nobodyIsCut: RestartCheck = (model, life) => {
  for (const client of model.clients) {
    const { sees, served } = client
    if (sees === undefined || client.resets !== undefined) continue
    const mayBeReset =
      served === undefined ? mayBeLeftOut(model, life, client, sees) : mayBeCut(model, life, client, served)
    const detail = (): string => `client ${client.client} saw ${sees.ending}, served by ${served?.generation}`
    must(sentenceAt(model, sees.order), sees.ending === "eof" || mayBeReset, detail, sees.order)
  }
  for (const served of model.served) {
    const { ended, generation, id } = served
    const from = model.clients.find((client) => client.served === served)
    if (ended?.reason !== "aborted" || from === undefined) continue
    const detail = (): string => `${id} of generation ${generation} was cut at ${ended.at}`
    must(sentenceAt(model, ended.order), mayBeCut(model, life, from, served), detail, ended.order)
  }
}

/** Who reaches an address after another one was opened may come too late; before that everybody is taken. */
const mayBeLeftOut = (
  { endBegan, sockets }: RestartModel,
  { disturbed, jitter, latency }: RestartScenario,
  { connected, dialled, to }: ClientModel,
  noticed: Moment
): boolean => {
  if (disturbed || (endBegan !== undefined && endBegan.order < noticed.order)) return true
  const at = sockets.findLastIndex(({ address, opened }) => address === to && opened.order < dialled.order)
  // Where nothing takes time, who has dialled stands in the queue after one turn, and a sweep takes two.
  const reached = latency + jitter === 0 ? dialled : connected
  return at < 0 || (reached?.order ?? Infinity) > (sockets[at + 1]?.opened.order ?? Infinity)
}

const mayBeCut = (
  model: RestartModel,
  life: RestartScenario,
  client: ClientModel,
  { ended, generation }: ServedModel
): boolean => {
  const order = ended?.order ?? Infinity
  const at = ended?.at ?? Infinity
  const isEnded = model.commands.some(({ amount, began, kind }) => {
    if (began.order > order) return false
    return kind === "hard stop" || kind === "abort" || (kind === "drain" && began.at + amount <= at)
  })
  if (isEnded || earliestDeadlineOf(model, life, generation) <= at) return true
  return wasCrowdedOut(model, life, generation) && !isAwaited(model, life, client, { at, order })
}
