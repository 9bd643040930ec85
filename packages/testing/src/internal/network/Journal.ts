/**
 * What happens in a network: it is reported, and then the rules for it are followed.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { NetworkEvent } from "../../NetworkEvent.ts"
import type { EventAction, EventMatch } from "../../NetworkRules.ts"
import type { Deliveries } from "./Deliveries.ts"
import { anyEnd, isOfEnd, ordinal } from "./Matching.ts"

interface Rule {
  readonly match: EventMatch
  readonly action: EventAction
  matched: number
}

/**
 * What a journal needs.
 *
 * **Shapes**
 *
 * - `context`: of the fibers that carry out what rules ask for. `failed`: one of them has failed.
 *
 * @category models
 * @since 0.1.0
 */
export interface JournalHost {
  readonly deliveries: Deliveries
  readonly context: Context.Context<never>
  readonly report: (event: NetworkEvent) => void
  readonly failed: (defect: unknown) => void
}

/**
 * Reports events and follows rules.
 *
 * @category models
 * @since 0.1.0
 */
export class Journal {
  private readonly host: JournalHost
  private readonly fibers = new Set<Fiber.Fiber<unknown>>()
  private rules: ReadonlyArray<Rule> = []

  constructor(host: JournalHost) {
    this.host = host
  }

  readonly record = (event: NetworkEvent): void => {
    this.host.report(event)
    if (this.rules.length > 0) this.follow(event)
  }

  when(match: EventMatch, action: EventAction): void {
    if (match.nth !== undefined) ordinal("nth", match.nth)
    if (match.end !== undefined) anyEnd(match.end)
    this.rules = [...this.rules, { match, action, matched: 0 }]
  }

  /** Ends what rules have begun. */
  get end(): Effect.Effect<void> {
    return Effect.suspend(() => Fiber.interruptAll(this.fibers))
  }

  private follow(event: NetworkEvent): void {
    for (const rule of this.rules) {
      const { action, match } = rule
      if (match.event !== undefined && match.event !== event.event) continue
      if (match.end !== undefined && !("end" in event && isOfEnd(match.end, event.end))) continue
      rule.matched++
      if (match.nth === undefined || match.nth === rule.matched)
        this.host.deliveries.post(() => this.act(action, event))
      if (match.nth === rule.matched) this.rules = this.rules.filter((other) => other !== rule)
    }
  }

  private act(action: EventAction, event: NetworkEvent): void {
    const effect = action(event)
    if (!Effect.isEffect(effect)) return
    const fiber = Effect.runForkWith(this.host.context)(effect)
    this.fibers.add(fiber)
    fiber.addObserver((exit) => {
      this.fibers.delete(fiber)
      if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) this.host.failed(Cause.squash(exit.cause))
    })
  }
}
