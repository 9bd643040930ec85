/**
 * A server from its first listen to its report: the parts of its life, put together.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type Address, format } from "./Address.ts"
import { type InvalidOptions, ListenerLost, type ServerClosed, type TransportError } from "./Errors.ts"
import type { Gate } from "./Gate.ts"
import { Opening } from "./Opening.ts"
import { Relistening } from "./Relistening.ts"
import type { Restarted } from "./Restarted.ts"
import { type RestartError, Restarting } from "./Restarting.ts"
import type { Configuration, ServerCore } from "./ServerCore.ts"
import { Shutdown } from "./Shutdown.ts"
import { planOf, type ShutdownPlan } from "./ShutdownOptions.ts"
import type { ShutdownReport } from "./ShutdownReport.ts"
import { type SuspendOptions, Suspension } from "./Suspension.ts"

export class Lifecycle {
  private readonly core: ServerCore
  private readonly opening: Opening
  private readonly restarting: Restarting
  private readonly suspension: Suspension
  private readonly ending: Shutdown
  private readonly relistening: Relistening
  private lostBy: ListenerLost | undefined

  constructor(core: ServerCore) {
    this.core = core
    this.ending = new Shutdown(core)
    this.opening = new Opening(core, {
      adopt: (connection, rule) => {
        this.ending.arrivedUnsafe()
        if (rule === undefined) core.parts.admission.admitUnsafe(connection)
        else core.parts.setup.receiveUnsafe(connection, rule)
      },
      emit: core.parts.emit,
      onLost: (gate, endedBy) => this.onListenerLost(gate, endedBy)
    })
    this.restarting = new Restarting(core, this.opening)
    this.suspension = new Suspension(core, this.opening)
    this.relistening = new Relistening(core, this.opening, (lost) => this.endBecause(lost))
  }

  get listen(): Effect.Effect<Address, TransportError | ServerClosed> {
    return this.opening.listen
  }

  suspend(options?: SuspendOptions): Effect.Effect<void, InvalidOptions | ServerClosed> {
    return this.suspension.suspend(options)
  }

  get resume(): Effect.Effect<Address, TransportError | ServerClosed> {
    return this.suspension.resume
  }

  shutdown(plan: ShutdownPlan): Effect.Effect<ShutdownReport> {
    return this.ending.graceful(plan)
  }

  get hardShutdown(): Effect.Effect<ShutdownReport> {
    return this.ending.atOnce
  }

  /** A new generation, configured anew or as the one before. */
  restart(configured?: Configuration): Effect.Effect<Restarted, RestartError> {
    return this.restarting.restart(configured)
  }

  /** The report, once nothing is left. */
  get stopped(): Effect.Effect<ShutdownReport, ListenerLost> {
    return Effect.flatMap(this.ending.report, (report) =>
      this.lostBy === undefined ? Effect.succeed(report) : Effect.fail(this.lostBy)
    )
  }

  /**
   * The listening socket died although nobody has closed it: nobody can reach this server any more, and its owner has to know. One
   * that a restart has replaced, or that a shutdown is about to close, is nobody's loss.
   */
  private onListenerLost(gate: Gate, endedBy: TransportError): void {
    const { core } = this
    if (core.gate !== gate) return
    if (core.isEnding) return this.ending.listenerLostUnsafe()
    const { address } = gate.listener
    const lost = new ListenerLost({ address: format(address), cause: endedBy })
    gate.tellEndUnsafe({ _tag: "ListenerLost", address, error: endedBy })
    // The descriptor that was inherited is gone, and with it the only way to that socket.
    const canListenAgain = !("fd" in core.listenOptions)
    if (core.parts.live.current.onListenerLost === "relisten" && canListenAgain)
      this.relistening.beginUnsafe(gate, lost)
    else this.endBecause(lost)
  }

  private endBecause(lost: ListenerLost): void {
    const { live } = this.core.parts
    this.lostBy = lost
    const told = this.core.step("lost")
    if (live.current.onListenerLost === "abort") this.ending.beginHardUnsafe(told)
    // Nobody can come any more, so it is not waited for anybody.
    else this.core.own(Effect.map(told, () => this.ending.beginDrainUnsafe(planOf({ drainDelay: 0 }, live.current))))
  }
}
