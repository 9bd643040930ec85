/**
 * What a server tells about itself while a test runs: its events and its log lines.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as Queue from "effect/Queue"
import * as References from "effect/References"
import { format } from "tidegate/Address"
import { type EndReason, EventSink, type ServerEvent } from "tidegate/Events"

/** A line of the server's log. */
export interface LogLine {
  readonly level: LogLevel.LogLevel
  readonly message: string
  /** The value that came with it, such as the connection and its peer. */
  readonly about: Readonly<Record<string, unknown>>
}

export type EndedEvent = Extract<ServerEvent, { readonly _tag: "ConnectionEnded" }>

export class Recorder {
  readonly events: Array<ServerEvent> = []
  readonly log: Array<LogLine> = []
  private readonly untaken: Queue.Queue<EndedEvent>

  constructor(untaken: Queue.Queue<EndedEvent>) {
    this.untaken = untaken
  }

  readonly record = (event: ServerEvent): void => {
    this.events.push(event)
    if (event._tag === "ConnectionEnded") Queue.offerUnsafe(this.untaken, event)
  }

  /** The next end of a connection that was not asked for yet. */
  get nextEnd(): Effect.Effect<EndedEvent> {
    return Queue.take(this.untaken)
  }

  get ended(): ReadonlyArray<EndedEvent> {
    return this.events.filter((event) => event._tag === "ConnectionEnded")
  }

  get reasons(): ReadonlyArray<EndReason> {
    return this.ended.map((event) => event.reason)
  }

  /** Log lines of a level; without one, those that an operator is meant to see. */
  lines(level?: LogLevel.LogLevel): ReadonlyArray<LogLine> {
    return this.log.filter((line) =>
      level === undefined ? line.level !== "Debug" && line.level !== "Trace" : line.level === level
    )
  }

  /** The peers for which something was logged at a level. */
  peers(level: LogLevel.LogLevel): ReadonlyArray<unknown> {
    return this.lines(level).map((line) => line.about["peer"])
  }
}

/** Runs a test with a recorder in the place of the event sink and of every logger. */
export const recorded = <A, E, R>(use: (recorder: Recorder) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Queue.unbounded<EndedEvent>(), (untaken) => {
    const recorder = new Recorder(untaken)
    const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
      const [first, second] = Array.isArray(message) ? message : [message]
      const about = typeof second === "object" && second !== null ? { ...second } : {}
      recorder.log.push({ level: logLevel, message: String(first), about })
    })
    return use(recorder).pipe(
      Effect.provideService(EventSink, recorder.record),
      Effect.provideService(References.MinimumLogLevel, "Trace"),
      Effect.provide(Layer.orDie(Logger.layer([logger])))
    )
  })

/** How a peer is named in the log. */
export const peerOf = (event: EndedEvent): string => format(event.peer)
