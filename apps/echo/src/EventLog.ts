/**
 * What happens to the server, as log lines.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as LogLevel from "effect/LogLevel"
import { type Address, format } from "tidegate/Address"
import { EventSink, type ServerEvent } from "tidegate/Events"
import { isWanted, type Verbosity } from "./Log.ts"

/** A line that is yet to be logged. */
export interface EventLine {
  readonly level: LogLevel.Severity
  readonly message: string
  readonly about: object
}

/** `undefined`: nothing worth a line of its own; what matters more is logged elsewhere. */
export const describe = (event: ServerEvent): EventLine | undefined => {
  switch (event._tag) {
    case "ConnectionOpened":
      return debug("connection opened", { ...who(event), generation: event.generation })
    case "ConnectionEnded": {
      const { bytesIn, bytesOut, milliseconds, reason } = event
      return debug(`connection ended: ${reason}`, { ...who(event), bytesIn, bytesOut, milliseconds })
    }
    case "ConnectionParked":
      return debug("connection waits for a slot", who(event))
    case "ConnectionShed":
      return debug(`connection shed: ${event.because}`, who(event))
    case "Pressure":
      return { level: "Warn", message: `${event.connections} of ${event.limit} connections`, about: {} }
    case "GenerationBegan":
      return info(`generation ${event.generation} takes what comes in`)
    case "GenerationEnded": {
      const { aborted, drained, generation, idleClosed } = event
      return info(`generation ${generation} is gone: ${drained} drained, ${idleClosed} idle closed, ${aborted} aborted`)
    }
    case "ListenerClosed":
      return debug("listener closed", { address: format(event.address) })
    default:
      return undefined
  }
}

const debug = (message: string, about: object): EventLine => ({ level: "Debug", message, about })
const info = (message: string): EventLine => ({ level: "Info", message, about: {} })

const who = ({ id, peer }: { readonly id: number; readonly peer: Address }) => ({ connection: id, peer: format(peer) })

/** Gives an effect's server a sink that logs; what is not wanted now costs no more than a look. */
export const provide =
  (verbosity: Verbosity) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.contextWith((context: Context.Context<never>) => {
      const run = Effect.runForkWith(context)
      const sink = (event: ServerEvent): void => {
        if (isRoutine(event) && !isWanted(verbosity, "Debug")) return
        const line = describe(event)
        if (line !== undefined) run(Effect.logWithLevel(line.level)(line.message, line.about))
      }
      return Effect.provideService(self, EventSink, sink)
    })

const isRoutine = ({ _tag }: ServerEvent): boolean => _tag === "ConnectionOpened" || _tag === "ConnectionEnded"
