/**
 * How a graceful shutdown goes, checked and filled in.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import { InvalidOptions } from "./Errors.ts"
import type { LiveSettings } from "./LiveSettings.ts"
import { durationOf, finiteDurationOf } from "./OptionChecks.ts"
import { type Phases, phasesOf } from "./ShutdownPhases.ts"

/**
 * Options of a graceful shutdown; what is left out is as the server's options have it.
 *
 * **Shapes**
 *
 * - `drainTimeout`: the whole budget, from the call on; then what is left is aborted. 0 aborts at once, `"Infinity"` never.
 * - `drainDelay`: the first part of the budget, in which the server goes on accepting and is not ready any more. It ends early when
 *   nobody has come for `quietInterval`. A server that is suspended, or has lost its listener, takes nobody, and has none.
 * - `drainJitter`: idle connections are told one after the other, spread over so much of the budget. Those with work are told at
 *   once: they end when their work does.
 * - `closeTimeout`: how long a peer may take none of the bytes that it is owed; never longer than the server's. So much, at most
 *   half the budget, is kept free of the delay and the jitter at the end.
 * - Called during a shutdown, each of them may only bring things nearer.
 *
 * **Errors**
 *
 * - A key that is unknown, a duration that is none, or below 0, or an endless jitter is a defect: the shutdown dies with
 *   `InvalidOptions`, and nothing was begun.
 *
 * @category options
 * @source FF-05, FF-15, FF-92, FF-93
 * @since 0.1.0
 */
export interface ShutdownOptions {
  readonly drainTimeout?: Duration.Input | undefined
  readonly drainDelay?: Duration.Input | undefined
  readonly quietInterval?: Duration.Input | undefined
  readonly drainJitter?: Duration.Input | undefined
  readonly closeTimeout?: Duration.Input | undefined
}

/** What a shutdown was asked to do; all in milliseconds. */
export interface ShutdownPlan {
  readonly budget: number
  readonly phases: Phases
  readonly quietInterval: number
  /** Of the connections that end from now on. */
  readonly closeTimeout: number
}

const keys = ["drainTimeout", "drainDelay", "quietInterval", "drainJitter", "closeTimeout"] as const
type Key = (typeof keys)[number]

/** Throws `InvalidOptions`. */
export const planOf = (options: ShutdownOptions, settings: LiveSettings): ShutdownPlan => {
  for (const key of Object.keys(options)) if (!isKey(key)) throw unknown(key)
  const of = (key: Key): number => {
    const given = options[key]
    if (given === undefined) return settings[key]
    return Duration.toMillis(key === "drainJitter" ? finiteDurationOf(key, given) : durationOf(key, given))
  }
  const budget = of("drainTimeout")
  const closeTimeout = Math.min(of("closeTimeout"), settings.closeTimeout)
  return {
    budget,
    phases: phasesOf({ drainDelay: of("drainDelay"), drainJitter: of("drainJitter"), closeTimeout }, budget),
    quietInterval: of("quietInterval"),
    closeTimeout
  }
}

const isKey = (key: string): key is Key => keys.some((known) => known === key)

const unknown = (key: string): InvalidOptions =>
  new InvalidOptions({ issue: `${key}: unknown option of a shutdown, known are ${keys.join(", ")}` })
