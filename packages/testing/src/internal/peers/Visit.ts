/**
 * What all peers have in common: how they dial, and how they go.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { Transport } from "tidegate/Transport"
import { Guest } from "./Guest.ts"
import { type Ending, endpointOf, neverConnected, type PeerOptions, type Seen, type Target } from "./PeerOptions.ts"

/**
 * Dials, lets the peer do what it does, and goes; whatever happens, the descriptor was given back when it ends.
 *
 * **Interruption**
 *
 * - At any point: RST, and the descriptor is given back.
 *
 * @category running
 * @since 0.1.0
 */
export const visit = (
  target: Target,
  { socket }: PeerOptions,
  act: (guest: Guest) => Effect.Effect<Ending>
): Effect.Effect<Seen, never, Transport> =>
  Effect.scoped(
    Effect.flatMap(Transport, ({ dial }) =>
      Effect.acquireRelease(
        Effect.map(dial({ ...socket, ...endpointOf(target) }), (connection) => new Guest(connection)),
        ({ connection }) => Effect.andThen(connection.abort, connection.closed),
        { interruptible: true }
      )
    ).pipe(
      Effect.matchEffect({
        onFailure: ({ code }) => Effect.succeed(neverConnected(code)),
        onSuccess: (guest) => Effect.flatMap(act(guest), (ending) => leave(guest, ending))
      })
    )
  )

/** An ordinary end where there is one: FIN for FIN. What the server has not taken by then it may never take. */
const leave = (guest: Guest, ending: Ending): Effect.Effect<Seen> => {
  const { connection } = guest
  if (ending === "eof") connection.releaseUnsafe()
  else connection.abortUnsafe()
  return Effect.map(connection.closed, () => ({
    sent: connection.bytesOut,
    received: guest.received,
    ending,
    local: connection.local
  }))
}
