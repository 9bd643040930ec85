/**
 * A server from its first listen to its report: who may start what, and in which order things end.
 *
 * Everything that ends a server runs in fibers of its own, so a caller that is interrupted or gives up undoes nothing, and all
 * callers share one report.
 */
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { type Address, format } from "./Address.ts"
import { DrainDeadline, millisecondsOf } from "./DrainDeadline.ts"
import { ListenerLost, ServerClosed, type TransportError } from "./Errors.ts"
import type { ServerEvent } from "./Events.ts"
import type { Generation } from "./Generation.ts"
import { accept, takeAllUnsafe } from "./Listener.ts"
import { after, type ServerState, type Step } from "./ServerState.ts"
import type { ShutdownReport } from "./ShutdownReport.ts"
import type { ListenOptions } from "./Transport.ts"
import type * as Transport from "./TransportListener.ts"

/** What a lifecycle works on. */
export interface LifecycleParts {
  readonly name: string
  readonly bind: (options: ListenOptions) => Effect.Effect<Transport.Listener, TransportError, Scope.Scope>
  readonly listenOptions: ListenOptions
  readonly generation: Generation
  /** Closing it ends the listener, then every connection. */
  readonly root: Scope.Closeable
  readonly listenerScope: Scope.Closeable
  readonly state: SubscriptionRef.SubscriptionRef<ServerState>
  readonly clock: Clock.Clock
  readonly emit: (event: ServerEvent) => void
  /** Starts a fiber of the server's own, in the step that calls it. */
  readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

export class Lifecycle {
  private readonly parts: LifecycleParts
  private readonly listenLock = Semaphore.makeUnsafe(1)
  private readonly address = Deferred.makeUnsafe<Address, ServerClosed>()
  private readonly report = Deferred.makeUnsafe<ShutdownReport>()
  private listener: Transport.Listener | undefined
  private listenerEnded = false
  private acceptFiber: Fiber.Fiber<void> | undefined
  private drainFiber: Fiber.Fiber<void> | undefined
  private readonly deadline: DrainDeadline
  private beganAt: number | undefined
  private acceptedBefore = 0
  private swept = 0
  private hard = false
  private ended: ShutdownReport | undefined
  private lostBy: ListenerLost | undefined

  constructor(parts: LifecycleParts) {
    this.parts = parts
    this.deadline = new DrainDeadline(parts.clock, parts.run, () => this.expireUnsafe())
  }

  /** Connections shed by the listener so far. */
  get shed(): number {
    return this.listener?.shed ?? 0
  }

  // --- starting ---

  /** Binds and starts the accept fiber; a second call gives the same address. */
  get listen(): Effect.Effect<Address, TransportError | ServerClosed> {
    return this.listenLock.withPermit(
      Effect.suspend(() => {
        if (this.beganAt !== undefined) return Effect.fail(this.serverClosed)
        return this.listener === undefined ? this.bind : Effect.succeed(this.listener.address)
      })
    )
  }

  /** Each attempt has a scope of its own: nothing stays bound when its caller, or a shutdown, gives it up. */
  private get bind(): Effect.Effect<Address, TransportError | ServerClosed> {
    const { bind, listenOptions, listenerScope } = this.parts
    const attempt = Scope.forkUnsafe(listenerScope)
    const shutdown = Effect.andThen(this.listening, Effect.never)
    return Effect.uninterruptibleMask((restore) =>
      restore(Effect.raceFirst(Scope.provide(bind(listenOptions), attempt), shutdown)).pipe(
        Effect.flatMap((listener) => this.startAccepting(listener)),
        Effect.onError(() => Scope.close(attempt, Exit.void))
      )
    )
  }

  private startAccepting(listener: Transport.Listener): Effect.Effect<Address, ServerClosed> {
    const { emit, generation, listenerScope } = this.parts
    return Effect.suspend(() => {
      if (this.beganAt !== undefined) return Effect.fail(this.serverClosed)
      this.listener = listener
      emit({ _tag: "ListenerOpened", address: listener.address })
      const taker = {
        adopt: (connection: Parameters<typeof generation.adoptUnsafe>[0]) => generation.adoptUnsafe(connection),
        emit
      }
      const acceptFiber = Effect.map(accept(listener, taker), (endedBy) => this.onListenerEnd(listener, endedBy))
      return this.step("listening").pipe(
        Effect.andThen(Effect.forkIn(acceptFiber, listenerScope, { startImmediately: true })),
        Effect.tap((fiber) => Effect.sync(() => void (this.acceptFiber = fiber))),
        Effect.andThen(Deferred.succeed(this.address, listener.address)),
        Effect.as(listener.address)
      )
    })
  }

  /** The bound address, as soon as there is one. */
  get listening(): Effect.Effect<Address, ServerClosed> {
    return Deferred.await(this.address)
  }

  private get serverClosed(): ServerClosed {
    return new ServerClosed({ name: this.parts.name })
  }

  // --- ending ---

  /** The report, once nothing is left. */
  get stopped(): Effect.Effect<ShutdownReport, ListenerLost> {
    return Effect.flatMap(Deferred.await(this.report), (report) =>
      this.lostBy === undefined ? Effect.succeed(report) : Effect.fail(this.lostBy)
    )
  }

  /** Drains; called again, it may only bring the deadline nearer. */
  shutdown(drainTimeout: Duration.Duration): Effect.Effect<ShutdownReport> {
    return Effect.suspend(() => {
      this.beginDrainUnsafe(drainTimeout)
      return Deferred.await(this.report)
    })
  }

  /** RST to everybody, now; whatever else was going on. */
  get hardShutdown(): Effect.Effect<ShutdownReport> {
    return Effect.suspend(() => {
      this.beginHardUnsafe()
      return Deferred.await(this.report)
    })
  }

  private beginDrainUnsafe(drainTimeout: Duration.Duration): void {
    if (this.ended !== undefined || this.hard) return
    if (this.beganAt === undefined) {
      this.begin()
      this.drainFiber = this.parts.run(this.drain)
      this.drainFiber.addObserver(() => this.settle())
    }
    this.deadline.bringNearerUnsafe(drainTimeout)
  }

  /** Sweep, close the listener, tell every connection in one instant, wait for the last one. */
  private readonly drain: Effect.Effect<void> = Effect.suspend(() => {
    const { emit, generation, listenerScope } = this.parts
    // Not in the caller's step, which may be a handler's.
    return Effect.yieldNow.pipe(
      Effect.andThen(Effect.sync(() => emit({ _tag: "DrainBegan", connections: generation.size }))),
      Effect.andThen(this.step("drain")),
      Effect.andThen(Effect.suspend(() => (this.listener === undefined ? Effect.void : this.listener.sweep))),
      Effect.andThen(Effect.sync(() => this.stopListening())),
      Effect.andThen(Scope.close(listenerScope, Exit.void)),
      Effect.andThen(Effect.sync(() => generation.drainUnsafe())),
      Effect.andThen(generation.empty),
      Effect.andThen(this.finish),
      Effect.catchCause((cause) => this.drainFailed(cause))
    )
  })

  /** What the sweep has brought in is taken in the same step in which listening ends, so nothing falls in between. */
  private stopListening(): void {
    const { generation } = this.parts
    const { listener } = this
    if (listener === undefined) return
    listener.stopUnsafe()
    while (listener.pendingUnsafe() > 0) takeAllUnsafe(listener, (connection) => generation.adoptUnsafe(connection))
    this.swept = generation.accepted - this.acceptedBefore
    this.listenerEndedUnsafe({ _tag: "ListenerClosed", address: listener.address })
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
    this.parts.generation.abortUnsafe()
    this.listener?.stopUnsafe()
  }

  private beginHardUnsafe(): void {
    if (this.ended !== undefined || this.hard) return
    this.hard = true
    this.begin()
    // First of all: what happens next may wake the drain, and it must not go on.
    this.drainFiber?.interruptUnsafe()
    this.parts.generation.abortUnsafe()
    if (this.listener !== undefined) {
      this.listener.closeUnsafe()
      this.listenerEndedUnsafe({ _tag: "ListenerClosed", address: this.listener.address })
    }
    this.parts.run(this.hardEnd).addObserver(() => this.settle())
  }

  private readonly hardEnd: Effect.Effect<void> = Effect.suspend(() => {
    const lost = this.lostBy === undefined ? Effect.void : this.step("lost")
    const drained = this.drainFiber === undefined ? Effect.void : Fiber.await(this.drainFiber)
    return Effect.andThen(Effect.andThen(lost, drained), this.finish)
  })

  /** The listening socket died with no shutdown on: nobody can reach this server any more, and its owner has to know. */
  private onListenerEnd(listener: Transport.Listener, endedBy: TransportError): void {
    if (this.beganAt !== undefined) return
    this.lostBy = new ListenerLost({ address: format(listener.address), cause: endedBy })
    this.listenerEndedUnsafe({ _tag: "ListenerLost", address: listener.address, error: endedBy })
    this.beginHardUnsafe()
  }

  private listenerEndedUnsafe(event: ServerEvent): void {
    if (this.listenerEnded) return
    this.listenerEnded = true
    this.parts.emit(event)
  }

  private begin(): void {
    if (this.beganAt !== undefined) return
    this.beganAt = this.now()
    this.acceptedBefore = this.parts.generation.accepted
    this.parts.generation.countUnsafe()
    Deferred.doneUnsafe(this.address, Effect.fail(this.serverClosed))
  }

  /** Nothing is left after it. A `listen` still on gives up by itself once a shutdown has begun, so its lock is free soon. */
  private readonly finish: Effect.Effect<void> = Effect.suspend(() => {
    const close = Scope.close(this.parts.root, Exit.void)
    const logged = Effect.tapCause(close, (cause) => Effect.logError("releasing failed", cause))
    return this.listenLock.withPermit(Effect.ignoreCause(logged)).pipe(
      Effect.andThen(this.leftovers),
      Effect.andThen(this.step("end")),
      Effect.andThen(
        Effect.sync(() => {
          this.ended = this.makeReport()
          this.parts.emit({ _tag: "Stopped", report: this.ended })
        })
      )
    )
  })

  /**
   * A scope that is being closed looks closed to everybody else (`Scope.close` detaches it first), so its end proves nothing:
   * what has to be gone is waited for by itself.
   */
  private readonly leftovers: Effect.Effect<void> = Effect.suspend(() =>
    (this.listener === undefined ? Effect.void : this.listener.close).pipe(
      Effect.andThen(this.acceptFiber === undefined ? Effect.void : Fiber.await(this.acceptFiber)),
      Effect.andThen(this.parts.generation.empty),
      Effect.andThen(this.deadline.end)
    )
  )

  /** Runs when the fiber that ended the server has itself ended, so that a report means that no fiber is left. */
  private settle(): void {
    if (this.ended !== undefined) Deferred.doneUnsafe(this.report, Effect.succeed(this.ended))
  }

  private makeReport(): ShutdownReport {
    return {
      ...this.parts.generation.tally,
      swept: this.swept,
      shed: this.shed,
      elapsed: Duration.millis(this.now() - (this.beganAt ?? this.now()))
    }
  }

  private now(): number {
    return millisecondsOf(this.parts.clock)
  }

  /** Who watches the state sees each one once. */
  private step(step: Step): Effect.Effect<void> {
    return SubscriptionRef.updateSome(this.parts.state, (state) => {
      const next = after(state, step)
      return next === state ? Option.none() : Option.some(next)
    })
  }
}
