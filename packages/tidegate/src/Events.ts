/**
 * What happens to a server, as values: logs, metrics and tests derive from them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type { Address } from "./Address.ts"
import type { TransportError } from "./Errors.ts"
import type { ShutdownReport } from "./ShutdownReport.ts"

/**
 * The one reason for which a connection ended.
 *
 * - `eof`: the peer ended, and everything it is owed was sent.
 * - `handled`: the handler finished first.
 * - `drained`: a drain let it finish its work. `idle`: a drain found it without work.
 * - `reset`: the peer's RST, or a write to a peer that is gone. `timeout`: the kernel gave the peer up.
 * - `stalled`: the peer did not take what was owed, within the close timeout.
 * - `broken-frame`: its bytes were no frames.
 * - `failed`: its handler failed, or the platform lost it in a way of its own. `aborted`: hard shutdown, or the drain's deadline.
 *
 * @category models
 * @source FF-20, B83: exactly one for each connection
 * @since 0.1.0
 */
export type EndReason =
  | "eof"
  | "handled"
  | "drained"
  | "idle"
  | "reset"
  | "timeout"
  | "stalled"
  | "broken-frame"
  | "failed"
  | "aborted"

/**
 * An event of a server. `ConnectionOpened` and `ConnectionEnded` come in pairs, whatever kills the connection.
 *
 * @category models
 * @since 0.1.0
 */
export type ServerEvent =
  | { readonly _tag: "ListenerOpened"; readonly address: Address }
  | { readonly _tag: "ListenerClosed"; readonly address: Address }
  | { readonly _tag: "ListenerLost"; readonly address: Address; readonly error: TransportError }
  | { readonly _tag: "AcceptFailed"; readonly error: TransportError; readonly consecutive: number }
  | { readonly _tag: "ConnectionOpened"; readonly id: number; readonly peer: Address; readonly local: Address }
  | {
      readonly _tag: "ConnectionEnded"
      readonly id: number
      readonly peer: Address
      readonly local: Address
      readonly reason: EndReason
      readonly bytesIn: number
      readonly bytesOut: number
      readonly milliseconds: number
    }
  | { readonly _tag: "DrainBegan"; readonly connections: number }
  | { readonly _tag: "Stopped"; readonly report: ShutdownReport }

/**
 * Where a server's events go; by default nowhere.
 *
 * **When to use**
 *
 * Provide it to the effect or layer that makes the server: `Effect.provideService(EventSink, (event) => …)`.
 *
 * **Shapes**
 *
 * - The function is called inside the server's own step, in the order of what happens. It must be quick and must not throw;
 *   what it throws is ignored, since no observer may end a connection.
 *
 * @category references
 * @since 0.1.0
 */
export const EventSink = Context.Reference<(event: ServerEvent) => void>("tidegate/Events/EventSink", {
  defaultValue: () => () => {}
})

/** Calls a sink so that nothing it does can disturb the server. */
export const safely =
  (sink: (event: ServerEvent) => void) =>
  (event: ServerEvent): void => {
    try {
      sink(event)
    } catch {
      // an observer's defect is its own: see EventSink
    }
  }
