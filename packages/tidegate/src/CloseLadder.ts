/**
 * The end of one connection, step by step: drain the writer, FIN, linger, close. Each step has its bound; a hard shutdown cuts
 * any of them by interrupting.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Connection } from "./Connection.ts"
import type * as Transport from "./TransportConnection.ts"

/**
 * Bounds of the ladder.
 *
 * **Shapes**
 *
 * - `closeTimeout`: how long the peer may take none of the bytes that it is owed. Looked at once in every `closeTimeout`, so a
 *   peer that stops in between is given up after two of them at the latest.
 * - `lingerTimeout`: how long it may leave its own FIN out after ours. `maxLingerBytes`: how much it may still send meanwhile.
 *
 * @category options
 * @since 0.1.0
 */
export interface CloseBounds {
  readonly closeTimeout: Duration.Input
  readonly lingerTimeout: Duration.Input
  readonly maxLingerBytes: number
}

/**
 * Ends a connection so that the peer gets every byte it is owed, then FIN, never RST; aborts it if the peer does not take them.
 *
 * **Shapes**
 *
 * - true: everything was handed over and the connection is closed; false: the peer stalled and was aborted.
 * - Returns when the descriptor was given back. `onStalled` is called in the step of that abort: who is interrupted before the
 *   return would not learn of it.
 *
 * **Interruption**
 *
 * - Leaves the connection open: who interrupts it must abort the connection.
 *
 * @source S62, FF-07, FF-08, FF-09
 */
export const descend = (
  connection: Connection,
  bounds: CloseBounds,
  onStalled: () => void = () => {}
): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const { transport, writer } = connection
    if (transport.closeReason !== undefined) return Effect.as(transport.closed, true)
    if (transport.peerEnded && transport.queuedUnsafe() === 0 && writer.isIdleUnsafe()) return endBoth(transport)
    return Effect.flatMap(drainWriter(connection, bounds.closeTimeout), (flushed) => {
      if (!flushed) {
        onStalled()
        return giveUp(transport)
      }
      transport.endUnsafe()
      return linger(transport, bounds)
    })
  })

/** The shortest way, and the usual one when the client closes first: nothing to wait for, so no timer is armed. */
const endBoth = (transport: Transport.Connection): Effect.Effect<boolean> => {
  transport.endUnsafe()
  return Effect.as(transport.closed, true)
}

/**
 * false: the peer took nothing for a whole `closeTimeout`. A slow peer that takes something is waited for, and meanwhile the place
 * among the waiting writers is kept: fibers that go on writing cannot put the end off.
 */
const drainWriter = ({ transport, writer }: Connection, closeTimeout: Duration.Input): Effect.Effect<boolean> => {
  const drained = Effect.andThen(writer.close, Effect.ignore(transport.flush))
  return Effect.raceFirst(Effect.as(drained, true), Effect.as(stalled(transport, closeTimeout), false))
}

const stalled = (transport: Transport.Connection, closeTimeout: Duration.Input): Effect.Effect<void> =>
  Effect.suspend(() => {
    const before = takenByKernel(transport)
    return Effect.flatMap(Effect.sleep(closeTimeout), () =>
      takenByKernel(transport) > before ? stalled(transport, closeTimeout) : Effect.void
    )
  })

const takenByKernel = (transport: Transport.Connection): number => transport.bytesOut - transport.queuedUnsafe()

const giveUp = (transport: Transport.Connection): Effect.Effect<boolean> => {
  transport.abortUnsafe()
  return Effect.as(transport.closed, false)
}

/**
 * Reads and drops until the peer's FIN: closing with unread input, or with input still to come, makes the kernel send RST, which
 * destroys what the peer has not read yet (RFC 9112 §9.6 describes the same for HTTP).
 */
const linger = (transport: Transport.Connection, bounds: CloseBounds): Effect.Effect<boolean> =>
  Effect.flatMap(Effect.timeoutOption(transport.discard(bounds.maxLingerBytes), bounds.lingerTimeout), (ended) => {
    if (!(Option.isSome(ended) && ended.value)) transport.releaseUnsafe()
    return Effect.as(transport.closed, true)
  })
