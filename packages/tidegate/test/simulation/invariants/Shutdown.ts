/**
 * The end of a server.
 */
import { must } from "@tidegate/testing/Violation"
import type { ConnectionModel } from "../ConnectionModel.ts"
import { endsAt, type Invariant, isDisturbed, readsSteadily, shutdowns } from "../Expectations.ts"
import { patienceOf } from "../Handlers.ts"
import type { Life } from "../Life.ts"
import type { Model } from "../Model.ts"
import { timeFor } from "./Liveness.ts"

/**
 * I-L1: drain returns by its deadline; hard stop within 0 virtual ms.
 *
 * What decides: only a handler that cannot be interrupted, or whose finalizer takes time, may hold it up, and by no more than that.
 * A sweep of the accept queue is cut by the deadline too.
 */
export const endsInTime: Invariant = (model, life) => {
  const latest = endsAt(model) + patienceOf(life.handler)
  const at = model.stopped?.at
  must("I-L1", at !== undefined && at <= latest, () => `stopped at ${at}, at the latest ${latest}`)
  for (const { began, kind, returned } of shutdowns(model)) {
    const by = Math.max(began.at, latest)
    must("I-L1", (returned?.at ?? Infinity) <= by, () => `"${kind}" returned at ${returned?.at}, at the latest ${by}`)
  }
  for (const connection of model.connections) ladderEnds(model, life, connection)
}

/** Once its handler has ended a connection is closed as fast as its peer and the bounds of the close ladder allow. */
const ladderEnds = (model: Model, life: Life, connection: ConnectionModel): void => {
  const { client, ended, served } = connection
  if (ended === undefined || served === undefined) return
  const { closeTimeout, lingerTimeout } = life.server
  const held = model.commandsOf("hold").reduce((sum, { amount }) => sum + amount, 0)
  const isSteady = readsSteadily(life, connection) && !isDisturbed(model, connection)
  // A peer that reads on may be late with its FIN, which is what lingering waits for.
  const patience = isSteady ? -(life.clients[client]?.patience ?? 0) : held + 2 * closeTimeout
  const latest = served.at + timeFor(life, client) + patience + lingerTimeout
  must("I-L1", ended.at <= latest, () => `${connection} was closed at ${ended.at}, at the latest ${latest}`)
}

/**
 * I-L9, the part without restarts: a second drain, a hard stop during a drain: all terminate; the last command wins. That it wins is
 * I-L1, which takes the earliest end of all commands.
 */
export const everyCommandReturns: Invariant = (model) => {
  for (const { kind, returned } of model.commands) {
    must("I-L9", returned !== undefined, () => `"${kind}" has not returned`)
  }
  must("I-L9", model.phase === "stopped", () => `at the end the server is ${model.phase}`)
}

/**
 * I-L10: a loss that is not mended is told to the owner, and the address can be listened on again.
 */
export const listenerLossEnds: Invariant = (model) => {
  const isMended = model.onListenerLost === "relisten"
  const isLost = !isMended && model.listenerEvents.some(({ tag }) => tag === "ListenerLost")
  must("I-L10", (model.told?.how === "lost") === isLost, () => `lost: ${isLost}, told: ${model.told?.how}`)
  must("I-L10", model.end?.addressFree === true, () => "the address cannot be listened on again")
}

/** I-S20, the part without a dialer: a dial that failed or was cancelled leaves no descriptor. */
export const noDialLeft: Invariant = (model) => {
  const open = model.end?.connections
  must("I-S20", open === 0, () => `${open} connections and dials are open at the end`)
}
