/**
 * The two events that every served connection has.
 */
import type { Connection } from "./Connection.ts"
import type { EndReason, ServerEvent } from "./Events.ts"
import { viaOf } from "./Proxied.ts"
import type { Session } from "./Session.ts"
import { detailOf } from "./SessionEnd.ts"

export const openedEvent = (connection: Connection, generation: number): ServerEvent => ({
  _tag: "ConnectionOpened",
  ...endsOf(connection),
  generation
})

export const endedEvent = (session: Session, reason: EndReason, now: number): ServerEvent => {
  const { connection, openedAt } = session
  const { bytesIn, bytesOut } = connection
  return {
    _tag: "ConnectionEnded",
    ...endsOf(connection),
    reason,
    ...detailOf(session, reason),
    bytesIn,
    bytesOut,
    milliseconds: Math.round(now - openedAt)
  }
}

const endsOf = ({ id, local, peer, proxied }: Connection) => ({ id, peer, local, ...viaOf(proxied) })
