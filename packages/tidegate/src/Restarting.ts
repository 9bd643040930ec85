/**
 * A new generation under a running server.
 *
 * **Order**
 *
 * Whatever can fail comes first. Then, in one step: connections belong to the new generation, its settings are in force, the one
 * before is told to drain. Only after that a listener that is no longer wanted is swept and closed.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type Address, format, isUnixEndpoint } from "./Address.ts"
import { type EndpointOverlap, InvalidOptions, type ServerClosed, type TransportError } from "./Errors.ts"
import type { Gate } from "./Gate.ts"
import type { Opening } from "./Opening.ts"
import type { Restarted } from "./Restarted.ts"
import { Retirement } from "./Retirement.ts"
import { isSame } from "./SameEndpoint.ts"
import type { Configuration, ServerCore } from "./ServerCore.ts"
import type { ListenOptions } from "./Transport.ts"

/** Why a restart changes nothing. */
export type RestartError = InvalidOptions | TransportError | EndpointOverlap | ServerClosed

export class Restarting {
  private readonly core: ServerCore
  private readonly opening: Opening
  /** The drains of generations that are not gone yet, the oldest first. */
  private retirements: Array<Retirement> = []

  constructor(core: ServerCore, opening: Opening) {
    this.core = core
    this.opening = opening
  }

  /** A new generation as configured, or as the one before: then nothing else changes. */
  restart(configured?: Configuration): Effect.Effect<Restarted, RestartError> {
    const { core } = this
    return core.change(
      Effect.suspend(() => {
        const listen = configured?.settings.listen ?? core.listenOptions
        return Effect.flatMap(this.hasToBind(configured), (hasToBind) =>
          hasToBind ? this.move(listen, configured) : this.stay(listen, configured)
        )
      })
    )
  }

  /** Whether there is no listening socket yet, or none that is left, or it is another one that is asked for. */
  private hasToBind(configured: Configuration | undefined): Effect.Effect<boolean, RestartError> {
    const { core } = this
    const { boundAddress: address, listenOptions: asked } = core
    if (address === undefined) return Effect.succeed(true)
    if (configured === undefined) return Effect.succeed(false)
    const same = isSame(core.parts.transport, configured.settings.listen, { asked, address })
    return Effect.flatMap(Effect.raceFirst(same, core.ending), (same) => {
      return !same && core.isSuspended ? Effect.fail(notWhileSuspended(address)) : Effect.succeed(!same)
    })
  }

  /** Under the socket that there is. One that is lost, or was closed to suspend the server, is somebody else's to bring back. */
  private stay(listen: ListenOptions, configured: Configuration | undefined): Effect.Effect<Restarted, RestartError> {
    const { core } = this
    return Effect.suspend(() => {
      const { boundAddress: address } = core
      if (core.isEnding || address === undefined) return Effect.fail(core.closed)
      const kept = configured === undefined ? [] : this.applyUnsafe(listen)
      return Effect.succeed({ ...this.replaceUnsafe(configured), address, kept })
    })
  }

  /** Options of the listening socket; the names of those that it cannot take over. */
  private applyUnsafe(listen: ListenOptions): ReadonlyArray<string> {
    const { gate, listenOptions: before } = this.core
    const kept = gate?.listener.applyUnsafe(listen) ?? []
    const hasOtherMode = isUnixEndpoint(listen) && isUnixEndpoint(before) && listen.mode !== before.mode
    return hasOtherMode ? [...kept, "mode"] : kept
  }

  /** To another endpoint: bound first, so that at every instant one of the two accepts, and a failure changes nothing. */
  private move(listen: ListenOptions, configured: Configuration | undefined): Effect.Effect<Restarted, RestartError> {
    const { gate: before } = this.core
    let retirement: Pick<Restarted, "generation" | "drained"> | undefined
    const onOpened = (): void => {
      retirement = this.replaceUnsafe(configured)
    }
    return Effect.flatMap(this.opening.openUnder(listen, onOpened), ({ listener }) => {
      if (retirement === undefined) return Effect.fail(this.core.closed)
      const restarted = { ...retirement, address: listener.address, kept: [] }
      return before === undefined ? Effect.succeed(restarted) : Effect.as(this.leave(before), restarted)
    })
  }

  /** Everybody who has reached the old address by now is taken; a shutdown that begins meanwhile does all this itself. */
  private leave(gate: Gate): Effect.Effect<void> {
    const { core } = this
    return Effect.andThen(
      Effect.raceFirst(gate.listener.sweep, Effect.ignore(core.ending)),
      Effect.suspend(() => {
        if (core.isEnding) return Effect.void
        gate.stopUnsafe()
        return Effect.andThen(
          Effect.andThen(gate.release, gate.gone),
          Effect.sync(() => core.removeGate(gate))
        )
      })
    )
  }

  /** The step in which one generation follows the other. */
  private replaceUnsafe(configured: Configuration | undefined): Pick<Restarted, "generation" | "drained"> {
    const { core } = this
    const { emit, generationOf, generations, live } = core.parts
    const next = generationOf(configured?.serving ?? core.configuration.serving)
    const retirement = new Retirement(core, generations.advanceUnsafe(next))
    emit({ _tag: "GenerationBegan", generation: next.id })
    if (configured !== undefined) core.reconfigureUnsafe(configured)
    this.retirements.push(retirement)
    retirement.beginUnsafe(live.current.drainTimeout)
    this.limitUnsafe(live.current.maxDrainingGenerations)
    return { generation: next.id, drained: retirement.report }
  }

  /** Restarts that come faster than drains end would otherwise pile generations up. */
  private limitUnsafe(atMost: number): void {
    this.retirements = this.retirements.filter(({ isEmpty }) => !isEmpty)
    const draining = this.retirements.filter(({ isHeldUp }) => isHeldUp)
    const excess = draining.slice(0, Math.max(0, draining.length - atMost))
    for (const retirement of excess) retirement.expireUnsafe()
  }
}

const notWhileSuspended = (address: Address): InvalidOptions =>
  new InvalidOptions({
    issue: `host, port, path or fd: the server is suspended at ${format(address)} and cannot move, resume it first`
  })
