/**
 * What happens to the server, as log lines.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as LogLevel from "effect/LogLevel"
import { type Address, format } from "tidegate/Address"
import { EventSink, type ServerEvent } from "tidegate/Events"
import { isWanted, type Verbosity } from "./Log.ts"

/** What is news to everybody; the rest is for who wants to see each connection. */
const levels: { readonly [Tag in ServerEvent["_tag"]]?: LogLevel.Severity } = {
  Pressure: "Warn",
  GenerationBegan: "Info",
  GenerationEnded: "Info"
}

/** `undefined`: nothing worth a line of its own; what matters more is logged elsewhere. */
export const describe = (event: ServerEvent): readonly [message: string, about: object] | undefined => {
  switch (event._tag) {
    case "ConnectionOpened":
      return ["connection opened", { ...who(event), generation: event.generation }]
    case "ConnectionEnded": {
      const { bytesIn, bytesOut, milliseconds, reason } = event
      return [`connection ended: ${reason}`, { ...who(event), bytesIn, bytesOut, milliseconds }]
    }
    case "ConnectionParked":
      return ["connection waits for a slot", who(event)]
    case "ConnectionShed":
      return [`connection shed: ${event.because}`, who(event)]
    case "HandshakeFailed":
      return [`connection turned away: ${event.because}`, who(event)]
    case "Pressure":
      return [`${event.connections} of ${event.limit} connections`, {}]
    case "GenerationBegan":
      return [`generation ${event.generation} takes what comes in`, {}]
    case "GenerationEnded": {
      const { aborted, drained, generation, idleClosed } = event
      return [`generation ${generation} is gone: ${drained} drained, ${idleClosed} idle closed, ${aborted} aborted`, {}]
    }
    case "ListenerClosed":
      return ["listener closed", { address: format(event.address) }]
    default:
      return undefined
  }
}

const levelOf = (tag: ServerEvent["_tag"]): LogLevel.Severity => levels[tag] ?? "Debug"

const who = ({ id, peer }: { readonly id: number; readonly peer: Address }) => ({ connection: id, peer: format(peer) })

/** Gives an effect's server a sink that logs; what is not wanted now costs no more than a look. */
export const provide =
  (verbosity: Verbosity) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.contextWith((context: Context.Context<never>) => {
      const run = Effect.runForkWith(context)
      const log = (event: ServerEvent): void => {
        const line = wants(event._tag) ? describe(event) : undefined
        if (line !== undefined) run(Effect.logWithLevel(levelOf(event._tag))(...line))
      }
      const wants = (tag: ServerEvent["_tag"]): boolean => isWanted(verbosity, levelOf(tag))
      return Effect.provideService(self, EventSink, Object.assign(log, { wants }))
    })
