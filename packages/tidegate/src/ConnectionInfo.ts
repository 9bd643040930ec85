/**
 * The live connections of a server, as they look from outside.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Address } from "./Address.ts"
import { viaOf } from "./Proxied.ts"
import type { ServerCore } from "./ServerCore.ts"
import type { Session } from "./Session.ts"

/**
 * A glance at a connection.
 *
 * **Shapes**
 *
 * - `via`: the balancer, where a PROXY header has told `peer` and `local`.
 * - `age`: since it was taken. `idle`: for how long no byte was received, as the idle timeout counts it: it stands still while a
 *   handler works.
 * - `bytesIn`, `bytesOut`: what its handler has read, and has written. `inFlight`: frames whose reply is owed; 1 for a handler of
 *   the whole connection.
 * - `state`: `open`; `draining`: told to end, its handler is still at work; `ending`: the handler has ended, what it wrote is still
 *   on its way; `lingering`: FIN was sent, the peer's is waited for.
 *
 * @category models
 * @source B82
 * @since 0.1.0
 */
export interface ConnectionInfo {
  readonly id: number
  readonly peer: Address
  readonly local: Address
  readonly via?: Address
  readonly generation: number
  readonly age: Duration.Duration
  readonly idle: Duration.Duration
  readonly bytesIn: number
  readonly bytesOut: number
  readonly inFlight: number
  readonly state: "open" | "draining" | "ending" | "lingering"
}

/** All of them, the oldest generation first, and in each the one that was taken first. */
export const connectionsOf = (core: ServerCore): ReadonlyArray<ConnectionInfo> => {
  const now = core.parts.deadlines.now()
  return core.parts.generations.all.flatMap((generation) =>
    generation.all.map((session) => infoOfConnection(session, generation.id, now))
  )
}

/** Drains one connection; false if there is none with this id. */
export const closeConnection = (core: ServerCore, id: number, reason?: string): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    for (const generation of core.parts.generations.all) {
      const session = generation.find(id)
      if (session !== undefined) return Effect.as(session.connection.close(reason), true)
    }
    return Effect.succeed(false)
  })

const infoOfConnection = (session: Session, generation: number, now: number): ConnectionInfo => {
  const { bytesIn, bytesOut, id, inFlight, local, peer } = session.connection
  return {
    id,
    peer,
    local,
    ...viaOf(session.connection.proxied),
    generation,
    age: Duration.millis(now - session.openedAt),
    idle: Duration.millis(session.clock?.idle ?? 0),
    bytesIn,
    bytesOut,
    inFlight,
    state: stateOf(session)
  }
}

const stateOf = ({ connection, handlerEnd }: Session): ConnectionInfo["state"] => {
  if (handlerEnd === undefined) return connection.isDraining ? "draining" : "open"
  return connection.transport.ended ? "lingering" : "ending"
}
