/**
 * How connections end, and why.
 */
import { must } from "@tidegate/testing/Violation"
import type { ConnectionModel } from "../ConnectionModel.ts"
import {
  endsAt,
  hardFrom,
  type Invariant,
  isDisturbed,
  linkOf,
  readsSteadily,
  roundTrip,
  staysToTheEnd
} from "../Expectations.ts"
import type { Life } from "../Life.ts"
import type { Model } from "../Model.ts"

/** Ended by the close ladder, to its last step. */
const inOrder = new Set(["eof", "handled", "drained", "idle", "failed", "broken-frame"])

/**
 * I-S7: a drained, well-behaved peer sees EOF, never a reset.
 *
 * What decides: well-behaved is who reads to the end and neither resets nor is cut off by a middlebox. It gets all that was written
 * for it, then EOF, also where the server has lingered in vain; a reset is excused only where the server's descriptor was closed at
 * the linger bound and bytes of the peer came after that. The bound itself is looked at from the server's side: nobody is closed
 * before `lingerTimeout` has passed since the handler's end, or more than `maxLingerBytes` were read since then. Who was given up
 * because it took nothing is I-S8's.
 */
export const eofNotReset: Invariant = (model, life) => {
  for (const connection of model.connections) {
    const { ended, sees, serverClosed } = connection
    if (ended === undefined || !inOrder.has(ended.reason) || serverClosed?.reason === "reset-sent") continue
    if (serverClosed?.reason === "released") lingeredLongEnough(life, connection, serverClosed.at)
    if (!staysToTheEnd(model, life, connection)) continue
    const excused = serverClosed?.reason === "released" && connection.sent > connection.taken
    if (excused && sees?.ending === "ECONNRESET") continue
    must(
      "I-S7",
      sees?.ending === "eof",
      () => `${connection}, ended as ${ended.reason}, saw ${sees?.ending ?? "no end"}`
    )
    const missing = ended.bytesOut - (sees?.text.length ?? 0)
    must("I-S7", missing === 0, () => `${connection} saw EOF ${missing} bytes before the end of what was written`)
  }
}

const lingeredLongEnough = ({ server }: Life, connection: ConnectionModel, closedAt: number): void => {
  const { served, taken, takenWhenServed } = connection
  const lingered = served === undefined ? 0 : closedAt - served.at
  const dropped = taken - takenWhenServed
  must(
    "I-S7",
    lingered >= server.lingerTimeout || dropped > server.maxLingerBytes,
    () => `${connection} was closed after lingering ${lingered} ms and ${dropped} bytes`
  )
}

/**
 * I-S8: nobody is cut before the deadline.
 *
 * What decides: `aborted` needs a hard shutdown, a lost listener or a deadline, before it in the trace and in time. `stalled`, the
 * close ladder's own cut, needs a peer that took nothing for `closeTimeout`: one that does not read, whose link is disturbed or
 * whose link moves nothing for so long. Nothing else of the server sends RST.
 */
export const notBeforeTheDeadline: Invariant = (model, life) => {
  for (const connection of model.connections) {
    const { ended, serverClosed } = connection
    if (ended === undefined) continue
    if (ended.reason === "aborted") {
      const isTime = ended.order > hardFrom(model) || ended.at >= endsAt(model, ended.order)
      must("I-S8", isTime, () => `${connection} was aborted at ${ended.at}, the deadline is ${endsAt(model)}`)
    } else if (serverClosed?.reason === "reset-sent") {
      const isGivenUp = givenUp.has(ended.reason)
      must("I-S8", isGivenUp, () => `${connection} was reset by the server and ended as ${ended.reason}`)
      mayStall(model, life, connection)
    }
  }
}

/** A failure weighs more than the peer that does not take the answers before it. */
const givenUp = new Set(["stalled", "failed", "broken-frame"])

const mayStall = (model: Model, life: Life, connection: ConnectionModel): void => {
  const { closeTimeout } = life.server
  const waited = (connection.ended?.at ?? 0) - (connection.served?.at ?? 0)
  must("I-S8", waited >= closeTimeout, () => `${connection} was given up after ${waited} of ${closeTimeout} ms`)
  const link = linkOf(life, connection.client)
  const takes = readsSteadily(life, connection) && !isDisturbed(model, connection) && roundTrip(link) < closeTimeout
  must("I-S8", !takes, () => `${connection} was given up, and it reads`)
}

/**
 * I-S17: no error escapes a connection's fiber into the accept fiber or a sibling; a handler defect closes exactly one connection.
 *
 * What decides: each reason has its cause in the same connection.
 */
export const endsAreTheirOwn: Invariant = (model, life) => {
  for (const connection of model.connections) {
    const { ended } = connection
    if (ended === undefined) continue
    const cause = hasCause(model, life, connection, ended.order)
    must("I-S17", cause, () => `${connection} ended as ${ended.reason}, and nothing of it led to that`)
  }
}

const before = (moment: { readonly order: number } | undefined, order: number): boolean =>
  moment !== undefined && moment.order < order

const mayFail = ({ clients, handler }: Life, { client }: ConnectionModel): boolean =>
  (handler === "fails" || handler === "dies") && clients[client]?.lines.some(({ kind }) => kind === "bad") === true

const hasCause = (model: Model, life: Life, connection: ConnectionModel, order: number): boolean => {
  const { served } = connection
  const drains = model.drains.length > 0 && (model.drains[0]?.order ?? order) < order
  switch (connection.ended?.reason) {
    case "eof":
      return served?.how === "done" && before(connection.finAtServer, order)
    case "handled":
      return served?.how === "done"
    case "drained":
    case "idle":
      return served?.how === "done" && drains
    case "failed":
      return served?.how === "failed" && mayFail(life, connection)
    case "reset":
      return before(connection.resetAtServer, order)
    case "timeout":
      return false
    default:
      // "stalled" and "aborted" are looked at by I-S8, "broken-frame" by I-S11.
      return true
  }
}
