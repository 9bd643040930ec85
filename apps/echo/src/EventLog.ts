/**
 * What happens to the server, as log lines for who wants to see each connection.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import { format } from "tidegate/Address"
import { EventSink, type ServerEvent } from "tidegate/Events"

/** `undefined`: nothing worth a line of its own; what matters more is logged elsewhere. */
export const describe = (event: ServerEvent): readonly [message: string, about: object] | undefined => {
  switch (event._tag) {
    case "ConnectionOpened":
      return ["connection opened", { connection: event.id, peer: format(event.peer) }]
    case "ConnectionEnded": {
      const { bytesIn, bytesOut, id, milliseconds, peer, reason } = event
      return [`connection ended: ${reason}`, { connection: id, peer: format(peer), bytesIn, bytesOut, milliseconds }]
    }
    case "ListenerClosed":
      return ["listener closed", { address: format(event.address) }]
    default:
      return undefined
  }
}

/** Gives an effect's server a sink that logs at debug; with a higher level there is none, and no cost. */
export const provide =
  (level: LogLevel.LogLevel) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    if (LogLevel.isGreaterThan(level, "Debug")) return self
    return Effect.contextWith((context: Context.Context<never>) => {
      const run = Effect.runForkWith(context)
      const sink = (event: ServerEvent): void => {
        const line = describe(event)
        if (line !== undefined) run(Effect.logDebug(...line))
      }
      return Effect.provideService(self, EventSink, sink)
    })
  }
