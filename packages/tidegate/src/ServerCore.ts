/**
 * What the parts of a server's life share: what listens, the generations, and how far the end is.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import type { Address } from "./Address.ts"
import type { Admission } from "./Admission.ts"
import type { Deadlines } from "./Deadlines.ts"
import { millisecondsOf } from "./DrainDeadline.ts"
import { ServerClosed } from "./Errors.ts"
import type { ServerEvent } from "./Events.ts"
import type { FrameErrorCounts } from "./FrameErrorCounts.ts"
import type { Gate } from "./Gate.ts"
import type { Generation } from "./Generation.ts"
import type { Generations } from "./Generations.ts"
import type { LiveCell } from "./LiveSettings.ts"
import type { Timeline } from "./Moment.ts"
import { OwnFibers } from "./OwnFibers.ts"
import type { Settings } from "./ServerOptions.ts"
import { after, type ServerState, type Step } from "./ServerState.ts"
import type { Serving } from "./Session.ts"
import type { Setup } from "./Setup.ts"
import type { ListenOptions, Transport } from "./Transport.ts"
import type { WakeList } from "./WakeList.ts"

/** What a generation is made with. */
export interface Configuration {
  readonly settings: Settings<unknown, unknown>
  readonly serving: Serving<unknown>
}

/** What a server is made with. */
export interface CoreParts {
  readonly transport: Transport["Service"]
  readonly live: LiveCell
  readonly generations: Generations
  /** Makes the generation that comes next. */
  readonly generationOf: (serving: Serving<unknown>) => Generation
  readonly setup: Setup
  readonly admission: Admission
  readonly deadlines: Deadlines
  /** Closing it ends the listener, then every connection. */
  readonly root: Scope.Closeable
  readonly listenerScope: Scope.Closeable
  readonly state: Timeline<ServerState>
  readonly clock: Clock.Clock
  /** Frames refused so far, in all generations. */
  readonly frameErrors: FrameErrorCounts
  readonly emit: (event: ServerEvent) => void
  /** Who waits for something that can be seen of the server: woken after each event, and when its state or its limit changes. */
  readonly watchers: WakeList
  /** Starts a fiber of the server's own, in the step that calls it. */
  readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

export class ServerCore {
  readonly parts: CoreParts
  /** Who changes what listens holds it; a shutdown does so only at its end. */
  readonly lock = Semaphore.makeUnsafe(1)
  /** What the newest generation was made with. */
  configuration: Configuration
  /** Where to listen; a restart may move it. */
  listenOptions: ListenOptions
  /** Where the newest gate listens, or has listened. */
  boundAddress: Address | undefined
  /** The gate that new connections come through. */
  gate: Gate | undefined
  /** Nobody is taken for now: there is no gate, or nobody is taken from it. */
  isSuspended = false
  /** Every gate that is not gone yet. */
  readonly gates = new Set<Gate>()
  /** When a shutdown began. */
  beganAt: number | undefined
  private readonly address = Deferred.makeUnsafe<Address, ServerClosed>()
  private readonly shutdownBegan = Deferred.makeUnsafe<never, ServerClosed>()
  private shedBefore = 0
  private abortedBefore = 0
  private readonly fibers: OwnFibers

  constructor(parts: CoreParts, configuration: Configuration) {
    this.parts = parts
    this.fibers = new OwnFibers(parts.run)
    this.configuration = configuration
    this.listenOptions = configuration.settings.listen
  }

  get name(): string {
    return this.configuration.settings.name
  }

  /** Where it listens, as soon as there is an address; the newest, after a restart. */
  get listening(): Effect.Effect<Address, ServerClosed> {
    return Effect.map(Deferred.await(this.address), (first) => this.boundAddress ?? first)
  }

  /** Fails when a shutdown has begun; what is to be given up then races it. */
  get ending(): Effect.Effect<never, ServerClosed> {
    return Deferred.await(this.shutdownBegan)
  }

  get isEnding(): boolean {
    return this.beganAt !== undefined
  }

  get closed(): ServerClosed {
    return new ServerClosed({ name: this.name })
  }

  /** Connections shed so far, by listeners and because of a limit. */
  get shed(): number {
    let sum = this.shedBefore + this.parts.admission.shed
    for (const gate of this.gates) sum += gate.listener.shed
    return sum
  }

  /** Connections so far whose peer was gone before they could be accepted. */
  get abortedBeforeAccept(): number {
    let sum = this.abortedBefore
    for (const gate of this.gates) sum += gate.listener.abortedByPeer
    return sum
  }

  /** In force from this step on, for all generations where it is not a matter of one. */
  reconfigureUnsafe(configuration: Configuration): void {
    this.configuration = configuration
    this.listenOptions = configuration.settings.listen
    const { live } = configuration.settings
    const closeTimeout = Math.min(live.closeTimeout, this.parts.live.current.closeTimeout)
    // Once a shutdown has begun things may only come nearer.
    this.parts.live.current = this.isEnding ? { ...live, closeTimeout } : live
    // A gate that is left keeps the rule under which its clients have come.
    if (this.gate !== undefined) this.gate.rule = configuration.settings.proxy
    this.parts.admission.settingsChangedUnsafe()
    this.parts.deadlines.settingsChangedUnsafe()
    this.parts.watchers.wakeAll()
  }

  addGate(gate: Gate): void {
    this.gate = gate
    gate.rule = this.configuration.settings.proxy
    this.isSuspended = false
    this.boundAddress = gate.listener.address
    this.gates.add(gate)
  }

  /** Who waits for the first address gets it. */
  announce(gate: Gate): void {
    Deferred.doneUnsafe(this.address, Effect.succeed(gate.listener.address))
  }

  removeGate(gate: Gate): void {
    if (this.gates.delete(gate)) {
      this.shedBefore += gate.listener.shed
      this.abortedBefore += gate.listener.abortedByPeer
    }
    if (this.gate === gate) this.gate = undefined
  }

  /** From now on a shutdown is on; who is told of it goes on in this step. */
  beginEnd(): void {
    this.beganAt = this.now()
    const closed = Effect.fail(this.closed)
    Deferred.doneUnsafe(this.address, closed)
    Deferred.doneUnsafe(this.shutdownBegan, closed)
    this.parts.watchers.wakeAll()
  }

  /** Runs it in a fiber of the server's own, which a shutdown waits for. It must not wait for anybody once one has begun. */
  own(work: Effect.Effect<void>): void {
    this.fibers.start(work)
  }

  /** Suspends until no fiber of the server's own is left. */
  get idle(): Effect.Effect<void> {
    return this.fibers.idle
  }

  /**
   * Changes what listens: one change after the other, each in a fiber of the server's own, so that a caller who is interrupted
   * undoes nothing. It has to give up when a shutdown begins.
   */
  change<A, E>(work: Effect.Effect<A, E>): Effect.Effect<A, E | ServerClosed> {
    return Effect.suspend(() => {
      if (this.isEnding) return Effect.fail(this.closed)
      const done = Deferred.makeUnsafe<A, E | ServerClosed>()
      const unlessEnding = Effect.suspend(
        (): Effect.Effect<A, E | ServerClosed> => (this.isEnding ? Effect.fail(this.closed) : work)
      )
      // Its turn is taken in the caller's step, so that changes come in the order of their calls; the work is not done in it, since
      // that may be a handler's step.
      const inTurn = this.lock.withPermit(Effect.andThen(Effect.yieldNow, unlessEnding))
      this.own(Effect.flatMap(Effect.exit(inTurn), (exit) => Effect.asVoid(Deferred.done(done, exit))))
      return Deferred.await(done)
    })
  }

  now(): number {
    return millisecondsOf(this.parts.clock)
  }

  /** Who watches the state sees each one once. `isDue` is asked in the step in which the state changes. */
  step(step: Step, isDue: () => boolean = always): Effect.Effect<void> {
    return Effect.sync(() => {
      const { state, watchers } = this.parts
      const next = isDue() ? after(state.value, step) : state.value
      if (next !== state.value) state.value = next
      watchers.wakeAll()
    })
  }
}

const always = (): boolean => true
