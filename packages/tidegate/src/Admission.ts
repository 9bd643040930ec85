/**
 * Who is served now, who waits for a slot and who is turned away: one limit for the whole server, over all its listeners and
 * generations.
 *
 * Everything happens in the step in which a connection comes or a slot goes: what is looked at in one step is acted on in the
 * same, so no two connections get one slot, and no slot lies free while somebody waits.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { AlarmParts } from "./Alarm.ts"
import { type Arrival, aboutOf, arrivalOf } from "./Arrival.ts"
import { type DescriptorCap, tooSmall } from "./DescriptorCap.ts"
import { millisecondsOf } from "./DrainDeadline.ts"
import type { ServerEvent, ShedBecause } from "./Events.ts"
import { Farewells } from "./Farewells.ts"
import type { LiveCell } from "./LiveSettings.ts"
import { OwnFibers } from "./OwnFibers.ts"
import { PeerCounts } from "./PeerCounts.ts"
import { calm, look, Pressure, thresholdOf } from "./Pressure.ts"
import type { Proxied } from "./Proxied.ts"
import type { Slot } from "./Slot.ts"
import type { Connection } from "./TransportConnection.ts"
import { type Verdict, verdictOf } from "./Verdict.ts"
import { WaitingRoom } from "./WaitingRoom.ts"

/** What admission is made of. */
export interface AdmissionParts extends AlarmParts {
  readonly live: LiveCell
  readonly descriptors: DescriptorCap
  readonly emit: (event: ServerEvent) => void
  /** Numbers connections, whatever becomes of them. */
  readonly nextId: () => number
  /** Gives a connection to the newest generation, in the step that calls it. */
  readonly serve: (transport: Connection, slot: Slot, proxied: Proxied | undefined) => void
  /** A slot was given back, and whoever waited for it has it. */
  readonly onReleased: () => void
}

type Phase = "open" | "draining" | "aborting"

export class Admission {
  private readonly parts: AdmissionParts
  private readonly room: WaitingRoom<Arrival>
  private readonly farewells: Farewells
  private readonly pressure: Pressure
  private readonly warnings: OwnFibers
  /** Those that are served and those that wait. */
  private readonly peers = new PeerCounts()
  private phase: Phase = "open"
  private filling = false
  private shedTold = calm
  /** What the descriptors were last compared with. */
  private compared = Infinity
  /** Slots that are taken. */
  served = 0
  /** Connections that have given their slot back and live on. */
  private detached = 0
  /** Connections turned away over the whole life. */
  shed = 0

  constructor(parts: AdmissionParts) {
    const { clock, descriptors, live, run } = parts
    this.parts = parts
    this.room = new WaitingRoom({
      clock,
      run,
      waitTimeout: () => live.current.waitTimeout,
      onExpired: (arrival) => this.dismissUnsafe(arrival, "waited too long"),
      onLeft: (arrival) => this.dismissUnsafe(arrival, "peer left")
    })
    this.warnings = new OwnFibers(run)
    this.farewells = new Farewells({ live, most: descriptors.farewells, run })
    this.pressure = new Pressure(
      parts,
      () => ({
        connections: this.served,
        threshold: this.pressureThreshold,
        cooldown: live.current.pressureCooldown
      }),
      () => parts.emit({ _tag: "Pressure", connections: this.served, limit: this.limit })
    )
  }

  /** Connections served at once: what was asked for, as far as there are descriptors. */
  get limit(): number {
    return Math.min(this.parts.live.current.maxConnections, this.cap)
  }

  /** Connections for which there are descriptors; those that live on without a slot have one too. */
  private get cap(): number {
    return Math.max(0, this.parts.descriptors.cap - this.detached)
  }

  private get pressureThreshold(): number {
    return thresholdOf(this.parts.live.current.pressureThreshold, this.limit)
  }

  /** No connection that came now would be served. */
  get isFull(): boolean {
    return this.served >= this.limit
  }

  /** Connections that wait for a slot. */
  get parked(): number {
    return this.room.size
  }

  /** Connections that have been turned away and whose descriptor was not given back yet. */
  get leaving(): number {
    return this.farewells.size
  }

  /** For how many more connections there are descriptors. */
  get spare(): number {
    return this.cap - this.served - this.room.size
  }

  /** Takes a connection over, in the step that calls it; with its number, where it has one already. */
  admitUnsafe(transport: Connection, id: number = this.parts.nextId(), proxied?: Proxied): void {
    const arrival = arrivalOf(id, transport, proxied)
    const verdict = this.verdictOn(arrival)
    if (verdict !== "serve" && verdict !== "park") {
      this.shedUnsafe(arrival, verdict)
      return
    }
    this.peers.add(arrival.peer)
    if (verdict === "serve") this.serveUnsafe(arrival)
    else this.parkUnsafe(arrival)
  }

  /** To be called after the settings have changed. */
  settingsChangedUnsafe(): void {
    if (this.phase !== "open") return
    this.compareUnsafe()
    this.room.settingsChangedUnsafe()
    this.fillUnsafe()
    this.pressure.lookUnsafe()
  }

  /** Nobody waits from now on; who comes in still is served, as far as there are slots. */
  drainUnsafe(): void {
    if (this.phase !== "open") return
    this.phase = "draining"
    this.clearRoomUnsafe()
  }

  /** RST to everybody who waits or is being turned away, now. */
  abortUnsafe(): void {
    this.phase = "aborting"
    this.farewells.abortUnsafe()
    this.clearRoomUnsafe()
  }

  /** Nothing of it is left after this: no descriptor, no fiber. */
  get gone(): Effect.Effect<void> {
    return Effect.all([this.room.end, this.pressure.end, this.farewells.gone, this.warnings.idle], { discard: true })
  }

  /**
   * Tells whether there can be file descriptors for as many connections as were asked for, once for each number.
   *
   * @source FF-47
   */
  compareUnsafe(): void {
    const { descriptors, emit, live } = this.parts
    const { maxConnections } = live.current
    if (maxConnections === this.compared) return
    this.compared = maxConnections
    const budget = tooSmall(maxConnections, descriptors)
    if (budget === undefined) return
    const about = { ...budget, cap: descriptors.cap }
    emit({ _tag: "DescriptorBudget", ...about })
    this.warn("maxConnections is more than the file descriptors allow", { maxConnections, ...about })
  }

  /** A connection has ended, or its handler has given its slot back and it lives on. */
  releaseUnsafe(peer: string | undefined, livesOn: boolean): void {
    this.served--
    if (livesOn) this.detached++
    this.peers.remove(peer)
    this.fillUnsafe()
    this.parts.onReleased()
  }

  /** One that had given its slot back has ended. */
  detachedEndedUnsafe(): void {
    this.detached--
    this.fillUnsafe()
  }

  private verdictOn({ peer }: Arrival): Verdict {
    // Afterwards a generation resets whom it gets, and tells of it.
    if (this.phase === "aborting") return "serve"
    return verdictOf(this.parts.live.current, {
      served: this.served,
      parked: this.room.size,
      ofPeer: this.peers.of(peer),
      limit: this.limit,
      cap: this.cap,
      isDraining: this.phase === "draining"
    })
  }

  /** Closes one that was never admitted, with RST or with FIN, and waits at the end for its descriptor. */
  closeUnsafe(transport: Connection, how: "reset" | "release"): void {
    if (how === "reset") this.farewells.resetUnsafe(transport)
    else this.farewells.releaseUnsafe(transport)
  }

  private serveUnsafe({ id, peer, proxied, transport }: Arrival): void {
    this.served++
    if (this.phase === "open" && this.served >= this.pressureThreshold) this.pressure.lookUnsafe()
    this.parts.serve(transport, new HeldSlot(this, id, peer), proxied)
  }

  private parkUnsafe(arrival: Arrival): void {
    this.parts.emit({ _tag: "ConnectionParked", ...aboutOf(arrival) })
    this.room.addUnsafe(arrival)
    // Whoever was told of it may have made room in this step, or have ended the server.
    if (this.phase === "open") this.fillUnsafe()
    else this.clearRoomUnsafe()
  }

  /** The oldest first. Who ends before this is done leaves its slot to this loop: the stack does not grow with the room. */
  private fillUnsafe(): void {
    if (this.filling) return
    this.filling = true
    try {
      while (!this.isFull) {
        const oldest = this.room.takeUnsafe()
        if (oldest === undefined) return
        this.serveUnsafe(oldest)
      }
    } finally {
      this.filling = false
    }
  }

  private clearRoomUnsafe(): void {
    for (let next = this.room.takeUnsafe(); next !== undefined; next = this.room.takeUnsafe()) {
      this.dismissUnsafe(next, "shutdown")
    }
  }

  /** For one that has left the waiting room. */
  private dismissUnsafe(arrival: Arrival, because: ShedBecause): void {
    this.peers.remove(arrival.peer)
    this.shedUnsafe(arrival, because)
  }

  private shedUnsafe(arrival: Arrival, because: ShedBecause): void {
    const { id, transport } = arrival
    this.shed++
    this.parts.emit({ _tag: "ConnectionShed", ...aboutOf(arrival), because })
    this.logShed(because)
    if (this.parts.live.current.atLimit === "reset") this.farewells.resetUnsafe(transport)
    else this.farewells.sayUnsafe(id, transport)
  }

  /** Once in a while: who is flooded needs no line for each. */
  private logShed(because: ShedBecause): void {
    if (because === "shutdown" || because === "peer left") return
    const now = millisecondsOf(this.parts.clock)
    const cooldown = this.parts.live.current.pressureCooldown
    const { state, tells } = look(this.shedTold, { now, connections: 1, threshold: 1, cooldown })
    this.shedTold = state
    if (!tells) return
    const { limit, parked, served, shed } = this
    this.warn("connections are shed", { because, served, parked, limit, shed })
  }

  /** A logger that throws must not keep anybody from being served, or turned away. */
  private warn(message: string, about: Readonly<Record<string, unknown>>): void {
    this.warnings.start(Effect.ignoreCause(Effect.logWarning(message, about)))
  }
}

/** An object and no closures: there is one for each connection. */
class HeldSlot implements Slot {
  readonly id: number
  private readonly peer: string | undefined
  private readonly admission: Admission
  private state: "held" | "released" | "over" = "held"

  constructor(admission: Admission, id: number, peer: string | undefined) {
    this.admission = admission
    this.id = id
    this.peer = peer
  }

  releaseUnsafe(): void {
    if (this.state !== "held") return
    this.state = "released"
    this.admission.releaseUnsafe(this.peer, true)
  }

  endUnsafe(): void {
    const { state } = this
    this.state = "over"
    if (state === "held") this.admission.releaseUnsafe(this.peer, false)
    else if (state === "released") this.admission.detachedEndedUnsafe()
  }
}
