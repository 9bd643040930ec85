/**
 * What the log says about connections that were turned away before their admission: noise at debug level, and once in a while a word
 * to the operator where something is set up wrong.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { type Address, format } from "./Address.ts"
import type { AlarmParts } from "./Alarm.ts"
import { millisecondsOf } from "./DrainDeadline.ts"
import type { HandshakeBecause } from "./Events.ts"
import type { LiveCell } from "./LiveSettings.ts"
import { OwnFibers } from "./OwnFibers.ts"
import { calm, look, type PressureState } from "./Pressure.ts"

/** One that was turned away. */
export interface FailedHandshake {
  readonly id: number
  readonly peer: Address
  readonly because: HandshakeBecause
  readonly detail: string | undefined
}

/** What an operator can put right. Everything else peers and probes do whenever they like. */
const warnings: { readonly [B in HandshakeBecause]?: string } = {
  "bad header": "a trusted peer has sent no valid PROXY header",
  "too many handshakes": "connections are turned away: too many PROXY headers are awaited"
}

export class SetupLog {
  private readonly parts: AlarmParts
  private readonly live: LiveCell
  private readonly lines: OwnFibers
  /** When each of them was last warned of. */
  private readonly told = new Map<string, PressureState>()
  private strangersTold = false

  constructor(parts: AlarmParts, live: LiveCell) {
    this.parts = parts
    this.live = live
    this.lines = new OwnFibers(parts.run)
  }

  failed({ because, detail, id, peer }: FailedHandshake): void {
    const about = { connection: id, peer: format(peer), ...(detail === undefined ? {} : { reason: detail }) }
    const warning = warnings[because]
    if (warning !== undefined && this.isDue(warning)) this.say(Effect.logWarning(warning, about))
    else if (because === "untrusted peer" && !this.strangersTold) this.tellOfStrangers(about)
    else this.say(Effect.logDebug(`connection turned away before its admission: ${because}`, about))
  }

  died(id: number, peer: Address, defect: unknown): void {
    const about = { connection: id, peer: format(peer) }
    this.say(Effect.logError("reading a PROXY header failed", about, Cause.die(defect)))
  }

  /** Suspends until no line is on its way any more. */
  get idle(): Effect.Effect<void> {
    return this.lines.idle
  }

  /** A balancer that is missing in the list looks just like a stranger: who looks for it finds one line. */
  private tellOfStrangers(about: object): void {
    this.strangersTold = true
    this.say(Effect.logInfo("a peer that is not in proxyProtocol.trusted was reset, as others will be", about))
  }

  private isDue(warning: string): boolean {
    const { state, tells } = look(this.told.get(warning) ?? calm, {
      now: millisecondsOf(this.parts.clock),
      connections: 1,
      threshold: 1,
      cooldown: this.live.current.pressureCooldown
    })
    this.told.set(warning, state)
    return tells
  }

  /** A logger that throws must not disturb anybody. */
  private say(line: Effect.Effect<void>): void {
    this.lines.start(Effect.ignoreCause(line))
  }
}
