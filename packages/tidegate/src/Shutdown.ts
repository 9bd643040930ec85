/**
 * The end of a server: graceful, hard, and the report that all callers share.
 *
 * Everything that ends a server runs in fibers of its own, so a caller that is interrupted or gives up undoes nothing.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Scope from "effect/Scope"
import { DrainDeadline } from "./DrainDeadline.ts"
import { DrainDelay } from "./DrainDelay.ts"
import { DrainSpread } from "./DrainSpread.ts"
import type { Gate } from "./Gate.ts"
import type { ServerCore } from "./ServerCore.ts"
import type { ShutdownPlan } from "./ShutdownOptions.ts"
import type { ShutdownReport } from "./ShutdownReport.ts"
import { type Tally, zeroTally } from "./Tally.ts"

export class Shutdown {
  private readonly core: ServerCore
  private readonly done = Deferred.makeUnsafe<ShutdownReport>()
  private readonly deadline: DrainDeadline
  private readonly delay: DrainDelay
  private readonly spread: DrainSpread
  private readonly tally: Tally = zeroTally()
  private drainFiber: Fiber.Fiber<void> | undefined
  private acceptedBefore = 0
  private swept = 0
  private hard = false
  private ended: ShutdownReport | undefined

  constructor(core: ServerCore) {
    this.core = core
    this.deadline = new DrainDeadline(core.parts.clock, core.parts.run, () => this.expireUnsafe())
    this.delay = new DrainDelay(core.parts)
    this.spread = new DrainSpread(core.parts)
  }

  /** The report, once nothing is left. */
  get report(): Effect.Effect<ShutdownReport> {
    return Deferred.await(this.done)
  }

  /** Drains; called again, it may only bring its phases and the deadline nearer. */
  graceful(plan: ShutdownPlan): Effect.Effect<ShutdownReport> {
    return Effect.suspend(() => {
      this.beginDrainUnsafe(plan)
      return this.report
    })
  }

  /** RST to everybody, now; whatever else was going on. */
  get atOnce(): Effect.Effect<ShutdownReport> {
    return Effect.suspend(() => {
      this.beginHardUnsafe()
      return this.report
    })
  }

  /** A connection has come in. */
  arrivedUnsafe(): void {
    if (this.core.isEnding) this.delay.arrivedUnsafe()
  }

  /** Nobody can come in any more. */
  listenerLostUnsafe(): void {
    this.delay.bringNearerUnsafe(0, 0)
  }

  /** The drain runs from now on; nobody waits for it here. */
  beginDrainUnsafe(plan: ShutdownPlan): void {
    if (this.ended !== undefined || this.hard) return
    if (!this.core.isEnding) {
      this.begin()
      // Whoever is told of the end goes on in this step, and may have ended the server hard.
      if (this.hard) return
      this.drainFiber = this.core.parts.run(this.drain)
      this.drainFiber.addObserver(() => this.settle())
    }
    this.bringNearerUnsafe(plan)
  }

  private bringNearerUnsafe({ budget, closeTimeout, phases, quietInterval }: ShutdownPlan): void {
    const { live } = this.core.parts
    this.deadline.bringNearerUnsafe(Duration.millis(budget))
    this.delay.bringNearerUnsafe(phases.delay, quietInterval)
    this.spread.bringNearerUnsafe(phases.spread)
    live.current = { ...live.current, closeTimeout: Math.min(live.current.closeTimeout, closeTimeout) }
  }

  /** Go on accepting for a while, sweep, close the listener, tell every connection, wait for the last one. */
  private readonly drain: Effect.Effect<void> = Effect.suspend(() => {
    const { core } = this
    const { emit, generations, listenerScope } = core.parts
    // Not in the caller's step, which may be a handler's.
    return Effect.yieldNow.pipe(
      Effect.andThen(Effect.sync(() => emit({ _tag: "DrainBegan", connections: generations.size }))),
      Effect.andThen(core.step("drain")),
      Effect.andThen(this.delayed),
      Effect.andThen(Effect.sync(() => this.waitForNobody())),
      Effect.andThen(Effect.suspend(() => sweepAll(core.gates))),
      Effect.andThen(Effect.sync(() => this.stopListening())),
      Effect.andThen(Scope.close(listenerScope, Exit.void)),
      Effect.andThen(this.tell),
      Effect.andThen(this.allGone),
      Effect.andThen(this.finish),
      Effect.catchCause((cause) => this.drainFailed(cause))
    )
  })

  /** Who comes meanwhile is served as ever; where nobody listens, or nobody is taken, there is nothing to wait for. */
  private readonly delayed: Effect.Effect<void> = Effect.suspend(() => {
    if (this.delay.isOver || this.core.isSuspended || this.core.gate === undefined) return Effect.void
    return Effect.map(this.delay.over, () => {
      this.acceptedBefore = this.core.parts.generations.accepted
    })
  })

  /** Who was swept may have a header that is not read yet. */
  private readonly allGone: Effect.Effect<void> = Effect.suspend(() => {
    const { generations, setup } = this.core.parts
    if (setup.size === 0) return generations.empty
    return Effect.flatMap(setup.empty, () => {
      this.countSwept()
      return generations.empty
    })
  })

  /** In one instant; with a jitter those without work one after the other. */
  private readonly tell: Effect.Effect<void> = Effect.map(Random.Random, (random) => {
    const { generations } = this.core.parts
    if (this.spread.isNone) return generations.drainUnsafe()
    const idle: Array<() => void> = []
    generations.drainUnsafe((tell) => idle.push(tell))
    this.spread.beginUnsafe(idle, () => random.nextDoubleUnsafe())
  })

  /** Neither for a header nor for a slot. */
  private waitForNobody(): void {
    this.core.parts.setup.drainUnsafe()
    this.core.parts.admission.drainUnsafe()
  }

  private stopListening(): void {
    for (const gate of this.core.gates) gate.stopUnsafe()
    this.countSwept()
  }

  private countSwept(): void {
    this.swept = this.core.parts.generations.accepted - this.acceptedBefore
  }

  /** Only a transport's defect leads here; nobody is to wait for ever for a drain that goes no further. */
  private drainFailed(cause: Cause.Cause<never>): Effect.Effect<void> {
    if (Cause.hasInterrupts(cause)) return Effect.failCause(cause)
    // A logger that throws must not keep it from going on.
    const log = Effect.ignoreCause(Effect.logError("drain failed, shutting down hard", cause))
    return Effect.map(log, () => this.beginHardUnsafe())
  }

  /** A sweep that is still on is cut too: it may depend on what strangers do. */
  private expireUnsafe(): void {
    this.core.parts.setup.abortUnsafe()
    this.core.parts.admission.abortUnsafe()
    this.core.parts.generations.abortUnsafe()
    for (const gate of this.core.gates) gate.listener.stopUnsafe()
  }

  /**
   * `told`: what it means for the state, before everything else that takes a while: a handler that cannot be interrupted may hold
   * the end up, and a server without a listener must not say `running` meanwhile.
   */
  beginHardUnsafe(told: Effect.Effect<void> = this.core.step("drain")): void {
    if (this.ended !== undefined || this.hard) return
    this.hard = true
    this.begin()
    // First of all: what happens next may wake the drain, and it must not go on.
    this.drainFiber?.interruptUnsafe()
    // Before slots come free: nobody who waits is to get one now.
    this.core.parts.setup.abortUnsafe()
    this.core.parts.admission.abortUnsafe()
    this.core.parts.generations.abortUnsafe()
    for (const gate of this.core.gates) gate.closeUnsafe()
    this.core.parts.run(Effect.andThen(told, this.hardEnd)).addObserver(() => this.settle())
  }

  private readonly hardEnd: Effect.Effect<void> = Effect.suspend(() => {
    const drained = this.drainFiber === undefined ? Effect.void : Fiber.await(this.drainFiber)
    return Effect.andThen(drained, this.finish)
  })

  private begin(): void {
    if (this.core.isEnding) return
    this.acceptedBefore = this.core.parts.generations.accepted
    this.core.parts.generations.countIntoUnsafe(this.tally)
    this.core.beginEnd()
  }

  /** Nothing is left after it. Who holds the lock gives up by itself once a shutdown has begun, so it is free soon. */
  private readonly finish: Effect.Effect<void> = Effect.suspend(() => {
    const close = Scope.close(this.core.parts.root, Exit.void)
    const logged = Effect.tapCause(close, (cause) => Effect.logError("releasing failed", cause))
    return this.core.lock.withPermit(Effect.ignoreCause(logged)).pipe(
      Effect.andThen(this.leftovers),
      Effect.andThen(this.core.step("end")),
      Effect.andThen(
        Effect.sync(() => {
          this.ended = this.makeReport()
          this.core.parts.emit({ _tag: "Stopped", report: this.ended })
        })
      )
    )
  })

  private readonly leftovers: Effect.Effect<void> = Effect.suspend(() =>
    Effect.forEach(this.core.gates, (gate) => gate.gone, { discard: true }).pipe(
      Effect.andThen(this.core.parts.generations.empty),
      Effect.andThen(this.core.parts.admission.gone),
      Effect.andThen(this.core.parts.setup.gone),
      Effect.andThen(this.core.parts.deadlines.end),
      Effect.andThen(this.core.idle),
      Effect.andThen(Effect.all([this.deadline.end, this.delay.end, this.spread.end], { discard: true }))
    )
  )

  /** Runs when the fiber that ended the server has itself ended, so that a report means that no fiber is left. */
  private settle(): void {
    if (this.ended !== undefined) Deferred.doneUnsafe(this.done, Effect.succeed(this.ended))
  }

  private makeReport(): ShutdownReport {
    const { core } = this
    return {
      ...this.tally,
      swept: this.swept,
      shed: core.shed,
      elapsed: Duration.millis(core.now() - (core.beganAt ?? core.now()))
    }
  }
}

/** A restart may have left one that is still swept. */
const sweepAll = (gates: Iterable<Gate>): Effect.Effect<void> =>
  Effect.forEach(Array.from(gates), ({ listener }) => listener.sweep, { concurrency: "unbounded", discard: true })
