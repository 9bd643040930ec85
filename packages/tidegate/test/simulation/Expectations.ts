/**
 * What a model and its scenario together lead one to expect of a connection.
 */
import type { ConnectionModel } from "./ConnectionModel.ts"
import type { Life, Link } from "./Life.ts"
import type { CommandModel, Model } from "./Model.ts"
import { echoOf, firstRefused, linesOf, wholeLines } from "./Texts.ts"

/** One invariant: throws a `Violation` if it does not hold in this life. */
export type Invariant = (model: Model, life: Life) => void

// --- links and peers ---

export const linkOf = (life: Life, client: number): Link => life.clients[client]?.link ?? life.link

export const chunkBytes = ({ readBytes, receiveBufferBytes }: Link): number => Math.min(readBytes, receiveBufferBytes)

/** The longest time in which nothing at all moves on a link whose two ends read, though there is something to move. */
export const roundTrip = (link: Link): number => {
  const { bytesPerMillisecond, receiveBufferBytes, segmentBytes, sendBufferBytes } = link
  const piece = Math.min(segmentBytes, sendBufferBytes, receiveBufferBytes)
  const transmission = bytesPerMillisecond === 0 ? 0 : Math.ceil(piece / bytesPerMillisecond)
  return 2 * (link.latency + link.jitter + transmission) + 2
}

/** Middleboxes and held links; whoever meets one cannot be told from a peer that stalls. */
export const isDisturbed = (model: Model, { client }: ConnectionModel): boolean =>
  model.commandsOf("cut", "cut by reset", "hold").some((command) => command.client === client)

export const isCut = (model: Model, { client }: ConnectionModel): boolean =>
  model.commandsOf("cut", "cut by reset").some((command) => command.client === client)

/** It reads whatever comes, at once and to the end. */
export const readsSteadily = (life: Life, { client }: ConnectionModel): boolean => {
  const manner = life.clients[client]?.manner
  return manner !== "deaf" && manner !== "pauses" && manner !== undefined
}

/** It reads to the end, sooner or later, and neither leaves by itself nor is cut off. */
export const staysToTheEnd = (model: Model, life: Life, connection: ConnectionModel): boolean => {
  const manner = life.clients[connection.client]?.manner
  return manner !== "deaf" && manner !== "resets" && manner !== undefined && !isCut(model, connection)
}

// --- what is owed ---

export const scriptOf = (life: Life, { client }: ConnectionModel): ReadonlyArray<string> => {
  const plan = life.clients[client]
  return plan === undefined ? [] : linesOf(client, plan)
}

/** How many of the first lines are answered rather than refused. */
export const answerable = (life: Life, { client }: ConnectionModel): number => {
  const plan = life.clients[client]
  return plan === undefined ? 0 : firstRefused(life.handler, plan)
}

/** Lines whose bytes are whole within the first `bytes`, and that are answered. */
export const owedLines = (life: Life, connection: ConnectionModel, bytes: number): number =>
  Math.min(wholeLines(scriptOf(life, connection), bytes), answerable(life, connection))

export const answersTo = (life: Life, connection: ConnectionModel, lines: number): string =>
  echoOf(life.handler, scriptOf(life, connection), lines)

// --- what ends a server ---

const hardKinds = ["hard stop", "close scope"] as const
const drainKinds = ["drain", "drain, caller gone"] as const

/** The place in the trace from which on everybody may be cut without further notice. */
export const hardFrom = (model: Model): number => {
  const { listenerEnded: end } = model
  const isCut = end?.tag === "ListenerLost" && model.onListenerLost === "abort"
  const lost = isCut ? end.order : Number.POSITIVE_INFINITY
  return Math.min(lost, ...model.commandsOf(...hardKinds).map(({ began }) => began.order))
}

/** The earliest time at which anything ends the server's patience, as far as it was told before this place in the trace. */
export const endsAt = (model: Model, order = Number.POSITIVE_INFINITY): number => {
  let earliest = Number.POSITIVE_INFINITY
  for (const { amount, began } of model.commandsOf(...drainKinds)) {
    if (began.order < order) earliest = Math.min(earliest, began.at + amount)
  }
  for (const { began } of model.commandsOf(...hardKinds)) {
    if (began.order < order) earliest = Math.min(earliest, began.at)
  }
  const { listenerEnded } = model
  if (listenerEnded?.tag === "ListenerLost" && listenerEnded.order < order) {
    const patience = model.onListenerLost === "drain" ? model.patience : 0
    earliest = Math.min(earliest, listenerEnded.at + patience)
  }
  return earliest
}

/** Commands that end a server. */
export const endings = (model: Model): ReadonlyArray<CommandModel> => model.commandsOf(...hardKinds, ...drainKinds)

/**
 * Commands that return when nothing is left. Of several that close the owner's scope it is the last to return: to Effect a scope that
 * is being closed looks closed, so the others return at once, whatever its finalizers still do.
 */
export const shutdowns = (model: Model): ReadonlyArray<CommandModel> => {
  const orderOf = ({ returned }: CommandModel): number => returned?.order ?? Infinity
  const lastClose = Math.max(...model.commandsOf("close scope").map(orderOf))
  return endings(model).filter((command) => command.kind !== "close scope" || orderOf(command) === lastClose)
}
