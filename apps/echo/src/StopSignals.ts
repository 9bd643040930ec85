/**
 * Signals, carried out on a server.
 */
import { constants } from "node:os"
import * as Signals from "@tidegate/node/Signals"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import type { Server } from "tidegate/Server"
import * as Progress from "./Progress.ts"
import {
  type Action,
  decide,
  isStopSignal,
  type SignalState,
  type StopSignal,
  serving,
  stopSignals
} from "./SignalPolicy.ts"
import type { StatusLine } from "./StatusLine.ts"

/**
 * Takes the signals over, for as long as the process lives: if they were given back earlier, one that comes late would kill a
 * process that has already stopped well.
 */
export const take: Effect.Effect<Queue.Dequeue<string>> = Effect.gen(function* () {
  const known = stopSignals.filter((name) => name in constants.signals)
  const signals = yield* Effect.orDie(Signals.watch(known))
  yield* Signals.ignore(Signals.harmless)
  return signals
}).pipe(Scope.provide(Scope.makeUnsafe()))

export interface FollowOptions {
  readonly signals: Queue.Dequeue<string>
  readonly server: Server["Service"]
  readonly drainTimeout: Duration.Duration
  readonly lines: StatusLine
  /** Asks for the end of the process at the latest so many milliseconds from now, whatever hangs. */
  readonly endWithin: (millis: number) => Effect.Effect<void>
}

/** A hard shutdown has to be over within 100 ms. */
const hardMillis = 80

/** After the drain's deadline the aborted connections still have to end, and the report to be read. */
const reportMillis = 1000

/** Does what the signals say, until it is interrupted. */
export const follow = (options: FollowOptions): Effect.Effect<never, never, Scope.Scope> =>
  Effect.gen(function* () {
    let state: SignalState = serving
    while (true) {
      const signal = yield* Queue.take(options.signals)
      if (!isStopSignal(signal)) continue
      const decision = decide(state, signal, yield* monotonicMillis)
      state = decision.state
      yield* carryOut[decision.action](signal, options)
    }
  })

type CarryOut = (signal: StopSignal, options: FollowOptions) => Effect.Effect<void, never, Scope.Scope>

const carryOut: Readonly<Record<Action, CarryOut>> = {
  drain: (signal, { drainTimeout, endWithin, lines, server }) =>
    Effect.gen(function* () {
      const { connections } = yield* server.info
      yield* Effect.logInfo(
        `${signal}: draining ${connectionsText(connections)}${limitText(drainTimeout)}; another signal aborts`
      )
      yield* endWithin(Duration.toMillis(drainTimeout) + reportMillis)
      yield* Effect.forkScoped(server.shutdown({ drainTimeout }), { startImmediately: true })
      yield* Effect.forkScoped(Progress.follow(server, drainTimeout, lines), { startImmediately: true })
    }),
  abort: (signal, { endWithin, server }) =>
    Effect.gen(function* () {
      yield* endWithin(hardMillis)
      const { connections } = yield* server.info
      yield* Effect.logInfo(`${signal}: hard shutdown, aborting ${connectionsText(connections)}`)
      yield* Effect.forkScoped(server.hardShutdown, { startImmediately: true })
    }),
  repeat: (signal) => Effect.logInfo(`${signal} again within a second: taken as the same one; send another to abort`),
  late: (signal) => Effect.logDebug(`${signal}: already aborting`)
}

const connectionsText = (n: number): string => Progress.count(n, "connection", "connections")

const limitText = (drainTimeout: Duration.Duration): string =>
  Duration.isFinite(drainTimeout) ? `, ${(Duration.toMillis(drainTimeout) / 1000).toFixed(1)} s at most` : ""

const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))
