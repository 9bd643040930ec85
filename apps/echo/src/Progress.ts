/**
 * How far a drain has got.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ServerApi, ServerInfo } from "tidegate/Server"
import type { StatusLine } from "./StatusLine.ts"

/** Often enough to be seen moving. */
const interval = Duration.millis(250)

/** `draining: 12 connections, 3 replies in flight, 4.2 s left` */
export const format = (info: Pick<ServerInfo, "connections" | "inFlight">, left: Duration.Duration): string => {
  const parts = [
    count(info.connections, "connection", "connections"),
    `${count(info.inFlight, "reply", "replies")} in flight`,
    ...(Duration.isFinite(left) ? [`${(Duration.toMillis(left) / 1000).toFixed(1)} s left`] : [])
  ]
  return `draining: ${parts.join(", ")}`
}

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`

/**
 * Shows the progress of a drain until it is interrupted or the server has stopped.
 *
 * **Shapes**
 *
 * - The drain begins now, and has the server's `drainTimeout`.
 */
export const follow = (server: ServerApi, lines: StatusLine): Effect.Effect<void> => {
  if (!lines.isTerminal) return Effect.void
  const show = Effect.gen(function* () {
    const { drainTimeout } = yield* server.settings
    const deadline = (yield* now) + drainTimeout
    while (true) {
      const left = Duration.millis(Math.max(0, deadline - (yield* now)))
      lines.show(format(yield* server.info, left))
      yield* Effect.sleep(interval)
    }
  })
  const stopped = Effect.ignore(server.stopped)
  return Effect.ensuring(
    Effect.raceFirst(show, stopped),
    Effect.sync(() => lines.show(""))
  )
}

const now = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))
