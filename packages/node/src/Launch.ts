/**
 * One launched server, and what the signals so far have led to.
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import { type Address, format } from "tidegate/Address"
import { InvalidOptions, type ListenerLost, type TransportError } from "tidegate/Errors"
import type { Server, ShutdownReport } from "tidegate/Server"
import type { LaunchOptions } from "./LaunchOptions.ts"
import { type ProcessHost, textOf } from "./ProcessHost.ts"
import { type SignalMap, signalsOf } from "./SignalMap.ts"
import type { SignalNotice } from "./SignalNotice.ts"
import { type Action, decide, type SignalState, serving } from "./SignalPolicy.ts"
import * as Signals from "./Signals.ts"

/** A hard shutdown has to be over within 100 ms; the exit itself takes some of them. */
const hardMillis = 70

/** After the drain's deadline the aborted connections still have to end, and the report to be read. */
const reportMillis = 1000

/** What a signal does waits so long for what is said about it: less than a hard shutdown may take. */
const noticeMillis = 50

/** What a launch needs, with every default filled in. */
export interface LaunchPlan<E, R> {
  readonly server: LaunchOptions<E, R>["server"]
  readonly signals: SignalMap
  readonly onHangup: LaunchOptions<E, R>["onHangup"]
  readonly onListening: NonNullable<LaunchOptions<E, R>["onListening"]>
  readonly onSignal: NonNullable<LaunchOptions<E, R>["onSignal"]>
  readonly strayDrainTimeout: Duration.Duration
  readonly host: ProcessHost | undefined
}

export class Launch<E, R> {
  private readonly plan: LaunchPlan<E, R>
  private readonly map: SignalMap
  private state: SignalState = serving
  private server: Server["Service"] | undefined
  private announced: string | undefined
  /** Before there is a server that could be stopped. */
  private readonly stopAsked = Deferred.makeUnsafe<undefined>()
  private readonly hangups: Queue.Queue<Signals.Signal>

  constructor(plan: LaunchPlan<E, R>, hangups: Queue.Queue<Signals.Signal>) {
    this.plan = plan
    this.hangups = hangups
    this.map = plan.onHangup === undefined ? withoutRestart(plan.signals) : plan.signals
  }

  /** From the first signal that counts to the report. */
  get run(): Effect.Effect<ShutdownReport, E | InvalidOptions | TransportError | ListenerLost, R | Scope.Scope> {
    const { host, server: make } = this.plan
    return Effect.gen({ self: this }, function* () {
      const signals = yield* this.takeSignals
      yield* Effect.forkScoped(this.follow(signals), { startImmediately: true })
      if (host !== undefined) yield* Effect.forkScoped(this.endAfterStray(host), { startImmediately: true })
      const server = yield* Effect.raceFirst(make, Deferred.await(this.stopAsked))
      if (server === undefined || this.state._tag !== "Serving") return nothingToReport
      this.server = server
      yield* server.listen.pipe(
        Effect.flatMap((address) => this.announce(address)),
        // A signal was quicker; the report tells.
        Effect.catchTag("ServerClosed", () => Effect.void)
      )
      yield* Effect.forkScoped(this.restarting(server))
      return yield* server.stopped
    })
  }

  private get takeSignals(): Effect.Effect<Queue.Dequeue<Signals.Signal>, InvalidOptions, Scope.Scope> {
    const { host } = this.plan
    const taken = Effect.try({ try: () => signalsOf(this.map), catch: refusal }).pipe(
      Effect.flatMap(Signals.watch),
      Effect.tap(() => Signals.ignore(Signals.harmless))
    )
    return host === undefined ? taken : Scope.provide(taken, host.scope)
  }

  // --- signals ---

  private follow(signals: Queue.Dequeue<Signals.Signal>): Effect.Effect<never, never, R | Scope.Scope> {
    const next = Effect.gen({ self: this }, function* () {
      const signal = yield* Queue.take(signals)
      const { action, state } = decide(this.state, signal, yield* monotonicMillis, this.map)
      this.state = state
      // Before anything else, which may hang.
      if (action === "abort") yield* this.endWithin(hardMillis)
      yield* this.tell({ signal, action, server: this.server })
      yield* this.carryOut(action, signal)
    })
    return Effect.forever(next)
  }

  /** A word that takes too long, or never ends, is not waited for: the signal and those after it still have to be obeyed. */
  private tell(notice: SignalNotice): Effect.Effect<void, never, R | Scope.Scope> {
    const told = Effect.ignoreCause(this.plan.onSignal(notice), { log: "Warn" })
    return Effect.flatMap(Effect.forkScoped(told, { startImmediately: true }), (telling) =>
      Effect.asVoid(Effect.timeoutOption(Fiber.await(telling), noticeMillis))
    )
  }

  private carryOut(action: Action, signal: Signals.Signal): Effect.Effect<void, never, Scope.Scope> {
    switch (action) {
      case "drain":
        return this.drain(Number.POSITIVE_INFINITY)
      case "abort":
        return this.stop((server) => server.hardShutdown)
      case "restart":
        return Effect.asVoid(Queue.offer(this.hangups, signal))
      default:
        return Effect.void
    }
  }

  private drain(atMost: number): Effect.Effect<void, never, Scope.Scope> {
    const { server } = this
    if (server === undefined) return Effect.andThen(this.endWithin(reportMillis), this.stop(undefined))
    return Effect.flatMap(server.settings, ({ drainTimeout }) => {
      const budget = Math.min(drainTimeout, atMost)
      return Effect.andThen(
        this.endWithin(budget + reportMillis),
        this.stop(() => server.shutdown({ drainTimeout: budget }))
      )
    })
  }

  /** The shutdown runs on by itself: the next signal must not wait for it. */
  private stop(
    shutdown: ((server: Server["Service"]) => Effect.Effect<unknown>) | undefined
  ): Effect.Effect<void, never, Scope.Scope> {
    const { server } = this
    if (server !== undefined && shutdown !== undefined) {
      return Effect.asVoid(Effect.forkScoped(shutdown(server), { startImmediately: true }))
    }
    return Effect.asVoid(Deferred.succeed(this.stopAsked, undefined))
  }

  private endWithin(millis: number): Effect.Effect<void> {
    return this.plan.host?.endWithin(millis) ?? Effect.void
  }

  private endAfterStray({ stray }: ProcessHost): Effect.Effect<void, never, Scope.Scope> {
    return Effect.gen({ self: this }, function* () {
      yield* stray
      if (this.state._tag === "Aborting") return
      this.state = { _tag: "Draining", signal: undefined, since: yield* monotonicMillis }
      yield* this.drain(Duration.toMillis(this.plan.strayDrainTimeout))
    })
  }

  // --- restarts ---

  private restarting(server: Server["Service"]): Effect.Effect<never, never, R> {
    const restart = Effect.flatMap(Queue.take(this.hangups), (signal) => this.restart(server, signal))
    return Effect.forever(restart)
  }

  private restart(server: Server["Service"], signal: Signals.Signal): Effect.Effect<void, never, R> {
    const { onHangup } = this.plan
    if (onHangup === undefined || this.state._tag !== "Serving") return Effect.void
    return Effect.suspend(() => onHangup(server)).pipe(
      Effect.flatMap((done) => (done === undefined ? Effect.void : this.announce(done.address))),
      Effect.catchCause((cause) => this.restartFailed(signal, cause))
    )
  }

  /** Where a stop has come between, it is no failure. */
  private restartFailed(signal: Signals.Signal, cause: Cause.Cause<unknown>): Effect.Effect<void> {
    const message = `${signal}: nothing has changed: ${textOf(cause)}`
    return this.state._tag === "Serving" ? Effect.logError(message) : Effect.logDebug(message)
  }

  private announce(address: Address): Effect.Effect<void, never, R> {
    const printed = format(address)
    if (printed === this.announced) return Effect.void
    this.announced = printed
    return this.plan.onListening(address)
  }
}

const monotonicMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

/** Nobody has said how to restart, so it cannot be what the sender wants: a terminal was closed (FF-64). */
const withoutRestart = (map: SignalMap): SignalMap =>
  Object.fromEntries(Object.entries(map).map(([name, meaning]) => [name, meaning === "restart" ? "graceful" : meaning]))

const refusal = (error: unknown): InvalidOptions =>
  error instanceof InvalidOptions ? error : new InvalidOptions({ issue: `signals: ${String(error)}` })

/** It was stopped before there was a server. */
const nothingToReport: ShutdownReport = {
  drained: 0,
  idleClosed: 0,
  aborted: 0,
  swept: 0,
  shed: 0,
  elapsed: Duration.zero
}
