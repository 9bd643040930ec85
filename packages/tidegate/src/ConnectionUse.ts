/**
 * One use of a connection that others use too, and what can be said about it when it fails.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { format } from "./Address.ts"
import type { Connection } from "./Connection.ts"

interface Failed {
  readonly cause: unknown
  readonly peer: string
  readonly reused: boolean
  readonly bytesRead: number
  readonly bytesWritten: number
}

/**
 * A use of a connection has failed, with what tells whether its work may be done again.
 *
 * **Shapes**
 *
 * - `cause`: what it failed with; the class of this error is that of its cause. `peer`: who was at the other end, printed.
 * - `reused`: the connection was there before this use asked for one. Its server may have closed it in the same instant (FF-85).
 * - `bytesRead`: received since the use began. `bytesWritten`: taken over for sending since then. Where several use the connection at
 *   once these count the bytes of all of them.
 *
 * @see {@link mayRepeat}
 * @category errors
 * @source FF-85
 * @since 0.1.0
 */
export class UseFailed<out E = unknown> extends Data.TaggedError("UseFailed")<Failed> {
  declare readonly cause: E

  override get message(): string {
    const { bytesRead, bytesWritten, cause, peer, reused } = this
    const what = reused ? "a connection that was there before" : "a new connection"
    const why = cause instanceof Error && cause.message !== "" ? cause.message : String(cause)
    return `use of ${what} to ${peer} failed, ${bytesWritten} bytes written, ${bytesRead} read: ${why}`
  }
}

/**
 * Whether the work of a use that has failed may be done again with another connection.
 *
 * **When to use**
 *
 * Before each repetition. A connection that breaks says nothing about how far the peer has come.
 *
 * **Shapes**
 *
 * - `once`, for work that must not be done twice: only if nothing of it was sent.
 * - `idempotent`, for work that may be done twice: also if the connection was there before and nothing was answered, as is usual where
 *   a server has closed it while it lay idle. What fails on a new connection will fail again.
 *
 * @category predicates
 * @source FF-85; RFC 9110 §9.2.2, RFC 9112 §9.3.1
 * @since 0.1.0
 */
export const mayRepeat = ({ bytesRead, bytesWritten, reused }: UseFailed, work: "once" | "idempotent"): boolean =>
  bytesRead === 0 && (bytesWritten === 0 || (work === "idempotent" && reused))

/** Begins the use in this step; the bytes of its failure are counted from here on. */
export const measured = <A, E, R>(
  connection: Connection,
  reused: boolean,
  use: (connection: Connection) => Effect.Effect<A, E, R>
): Effect.Effect<A, UseFailed<E>, R> => {
  const { bytesIn, bytesOut } = connection
  const failed = (cause: E): UseFailed<E> =>
    new UseFailed({
      cause,
      peer: format(connection.peer),
      reused,
      bytesRead: connection.bytesIn - bytesIn,
      bytesWritten: connection.bytesOut - bytesOut
    }) as UseFailed<E> // A class cannot hand its type parameter to the one that it extends.
  return Effect.mapError(use(connection), failed)
}
