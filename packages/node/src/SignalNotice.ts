/**
 * Saying what a signal does.
 */
import * as Effect from "effect/Effect"
import type { Server } from "tidegate/Server"
import type { Action } from "./SignalPolicy.ts"
import type { Signal } from "./Signals.ts"

/**
 * A signal that came, and what is about to be done.
 *
 * **Shapes**
 *
 * - `server`: `undefined` as long as there is none.
 *
 * @category models
 * @since 0.1.0
 */
export interface SignalNotice {
  readonly signal: Signal
  readonly action: Action
  readonly server: Server["Service"] | undefined
}

/**
 * One line of the log for each signal: what `onSignal` does by default.
 *
 * **When to use**
 *
 * In an `onSignal` that does something besides.
 *
 * @category signals
 * @since 0.1.0
 */
export const logNotice = ({ action, server, signal }: SignalNotice): Effect.Effect<void> => {
  switch (action) {
    case "drain":
      return Effect.flatMap(aboutDrain(server), (about) =>
        Effect.logInfo(`${signal}: draining ${about}; another signal aborts`)
      )
    case "abort":
      return Effect.flatMap(connectionsOf(server), (about) =>
        Effect.logInfo(`${signal}: hard shutdown, aborting ${about}`)
      )
    case "restart":
      return Effect.logInfo(`${signal}: reading the configuration again`)
    case "repeat":
      return Effect.logInfo(`${signal} again within a second: taken as the same one; send another to abort`)
    case "late":
      return Effect.logDebug(`${signal}: too late, a shutdown is on`)
  }
}

const connectionsOf = (server: SignalNotice["server"]): Effect.Effect<string> =>
  server === undefined
    ? Effect.succeed("nothing, it has not started")
    : Effect.map(server.info, ({ connections }) => `${connections} ${connections === 1 ? "connection" : "connections"}`)

const aboutDrain = (server: SignalNotice["server"]): Effect.Effect<string> =>
  server === undefined
    ? connectionsOf(server)
    : Effect.zipWith(connectionsOf(server), server.settings, (connections, { drainTimeout }) =>
        Number.isFinite(drainTimeout) ? `${connections}, ${(drainTimeout / 1000).toFixed(1)} s at most` : connections
      )
