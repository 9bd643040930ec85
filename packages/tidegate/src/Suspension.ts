/**
 * Taking no new connections for a while, and taking them again; those that are there live on.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Address } from "./Address.ts"
import { InvalidOptions, type ServerClosed, type TransportError } from "./Errors.ts"
import type { Gate } from "./Gate.ts"
import { listenAgain } from "./ListenAgain.ts"
import type { Opening } from "./Opening.ts"
import { print } from "./OptionChecks.ts"
import type { ServerCore } from "./ServerCore.ts"

/**
 * How a server is suspended.
 *
 * **Shapes**
 *
 * - `mode`: `refuse` is the default. Who has connected by now is taken; then the listening socket is closed, and dials are refused
 *   until `resume` binds the same address again.
 * - `park`: the socket stays open, and nobody is taken from it. Up to `maxUntaken` connections wait and are taken in the order in
 *   which they came; more are shed.
 *
 * @category options
 * @since 0.1.0
 */
export interface SuspendOptions {
  readonly mode?: "refuse" | "park" | undefined
}

export class Suspension {
  private readonly core: ServerCore
  private readonly opening: Opening

  constructor(core: ServerCore, opening: Opening) {
    this.core = core
    this.opening = opening
  }

  suspend(options: SuspendOptions = {}): Effect.Effect<void, InvalidOptions | ServerClosed> {
    const { core } = this
    return Effect.suspend(() => {
      const invalid = issueOf(options)
      if (invalid !== undefined) return Effect.fail(invalid)
      return core.change(
        Effect.suspend(() => {
          const { boundAddress, gate } = core
          if (core.isSuspended || boundAddress === undefined) return Effect.void
          // A listener that is lost is not listened for any more.
          if (gate === undefined) return this.suspended(boundAddress)
          return options.mode === "park" ? this.park(gate) : this.refuse(gate)
        })
      )
    })
  }

  get resume(): Effect.Effect<Address, TransportError | ServerClosed> {
    const { core } = this
    return core.change(
      Effect.suspend(() => {
        const { boundAddress, gate, isSuspended } = core
        if (gate !== undefined) return Effect.as(isSuspended ? this.unpark(gate) : Effect.void, gate.listener.address)
        const again = boundAddress === undefined ? core.listenOptions : listenAgain(core.listenOptions, boundAddress)
        const onOpened = ({ listener }: Gate): void => {
          if (isSuspended) this.tellResumed(listener.address)
        }
        return Effect.map(this.opening.openUnder(again, onOpened), ({ listener }) => listener.address)
      })
    )
  }

  private refuse(gate: Gate): Effect.Effect<void, InvalidOptions | ServerClosed> {
    const { core } = this
    if ("fd" in core.listenOptions) return Effect.fail(cannotBindAgain(core.listenOptions.fd))
    return Effect.flatMap(Effect.raceFirst(gate.listener.sweep, core.ending), () => {
      if (core.isEnding) return Effect.fail(core.closed)
      // Lost meanwhile: whoever brings it back is told not to.
      if (core.gate !== gate) return this.suspended(gate.listener.address)
      // First of all: a socket that nobody expects to be there cannot be lost.
      core.gate = undefined
      gate.stopUnsafe()
      return this.suspended(gate.listener.address).pipe(
        Effect.andThen(gate.release),
        Effect.andThen(gate.gone),
        Effect.andThen(Effect.sync(() => core.removeGate(gate)))
      )
    })
  }

  private park(gate: Gate): Effect.Effect<void> {
    // Already now: a shutdown that begins before the accept fiber has ended has nobody who goes on accepting.
    this.core.isSuspended = true
    return Effect.andThen(gate.park, this.suspended(gate.listener.address))
  }

  private suspended(address: Address): Effect.Effect<void> {
    const { core } = this
    return Effect.suspend(() => {
      core.isSuspended = true
      return Effect.map(core.step("suspend"), () => core.parts.emit({ _tag: "Suspended", address }))
    })
  }

  private unpark(gate: Gate): Effect.Effect<void, ServerClosed> {
    return Effect.flatMap(this.core.step("resume"), () => {
      // A shutdown that has begun meanwhile has nobody who goes on accepting, and does not want anybody either.
      if (this.core.isEnding) return Effect.fail(this.core.closed)
      this.core.isSuspended = false
      this.tellResumed(gate.listener.address)
      return gate.open
    })
  }

  private tellResumed(address: Address): void {
    this.core.parts.emit({ _tag: "Resumed", address })
  }
}

const issueOf = (options: SuspendOptions): InvalidOptions | undefined => {
  const unknown = Object.keys(options).find((key) => key !== "mode")
  if (unknown !== undefined)
    return new InvalidOptions({ issue: `${unknown}: unknown option of suspend, known is mode` })
  const { mode } = options
  if (mode === undefined || mode === "refuse" || mode === "park") return undefined
  return new InvalidOptions({ issue: `mode: got ${print(mode)}, expected "refuse" or "park"` })
}

const cannotBindAgain = (fd: number): InvalidOptions =>
  new InvalidOptions({
    issue: `mode: got "refuse", expected "park": the listening socket ${fd} was inherited, and nobody could open it again`
  })
