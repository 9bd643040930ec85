/**
 * What a client that stays connected is doing, and why it had to connect again.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import { type Address, format } from "./Address.ts"
import type { DialError } from "./DialError.ts"

/**
 * A connection that was there is there no more.
 *
 * **Shapes**
 *
 * - `why`: `ended` by the peer (FIN); `broken`: reset, or given up by the kernel, as `cause` says; `given up` by this side, because a
 *   use has left it in a state that nobody knows, or has ended it.
 * - `after`: for how long it had been there.
 *
 * @category errors
 * @since 0.1.0
 */
export class ConnectionLost extends Data.TaggedError("ConnectionLost")<{
  readonly peer: Address
  readonly after: Duration.Duration
  readonly why: "ended" | "broken" | "given up"
  readonly cause?: unknown
}> {
  readonly errorClass = "temporary"
  override get message(): string {
    const { after, cause, peer, why } = this
    const because = cause instanceof Error ? `: ${cause.message}` : ""
    const by = why === "ended" ? "ended by the peer" : why
    return `connection to ${format(peer)} ${by} after ${Math.round(Duration.toMillis(after))} ms${because}`
  }
}

/**
 * Why a client had to connect again: it could not be connected, its `setup` has failed (`E`), or the connection was lost.
 *
 * @category models
 * @since 0.1.0
 */
export type ReconnectCause<E = never> = DialError | ConnectionLost | E

/**
 * The state of a client that stays connected.
 *
 * **Shapes**
 *
 * - `connecting`: dialling, or at its `setup`. `connected`: uses get a connection; `since`, in milliseconds of the clock.
 * - `waiting`: until the time `until`, in milliseconds of the clock, because of `cause`. `failures`: in a row so far.
 * - `draining`: uses are finishing, no new ones are let in. `stopped`: nothing is left; `cause` if it has given up by itself,
 *   a {@link ReconnectCause} or a defect.
 *
 * @category models
 * @since 0.1.0
 */
export type ReconnectingState<E = never> =
  | { readonly _tag: "connecting"; readonly failures: number }
  | { readonly _tag: "connected"; readonly peer: Address; readonly since: number }
  | {
      readonly _tag: "waiting"
      readonly until: number
      readonly failures: number
      readonly cause: ReconnectCause<E>
    }
  | { readonly _tag: "draining" }
  | { readonly _tag: "stopped"; readonly cause?: unknown }
