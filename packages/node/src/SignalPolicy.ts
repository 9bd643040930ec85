/**
 * What a signal does, given the ones before it: a pure table, so that every sequence can be tested without a process.
 */
import type { SignalMap } from "./SignalMap.ts"
import type { Signal } from "./Signals.ts"

/** What the signals so far have led to; `since` is when the drain was asked for, and by what, if it was a signal. */
export type SignalState =
  | { readonly _tag: "Serving" }
  | { readonly _tag: "Draining"; readonly signal: Signal | undefined; readonly since: number }
  | { readonly _tag: "Aborting" }

/**
 * What a signal does.
 *
 * - `drain`, `abort`, `restart`: what its meaning says. `repeat`: it is the same key press once more. `late`: a shutdown that cannot be
 *   made harder, or that a restart cannot undo, is on.
 *
 * @category models
 * @since 0.1.0
 */
export type Action = "drain" | "abort" | "restart" | "repeat" | "late"

export interface Decision {
  readonly action: Action
  readonly state: SignalState
}

export const serving: SignalState = { _tag: "Serving" }

/**
 * How long the same signal counts as the same key press, in milliseconds.
 *
 * @source FF-63: npm sends Ctrl-C on to a child that has had it from the terminal already
 */
export const repeatMillis = 1000

/**
 * Decides what a signal does.
 *
 * **Shapes**
 *
 * - `now`: milliseconds of a clock that never goes back.
 * - A restart is never a repeat: each one reads the configuration again.
 *
 * @source S11, S12, S13, S117, FF-63
 */
export const decide = (state: SignalState, signal: Signal, now: number, map: SignalMap): Decision => {
  const meaning = map[signal] ?? "graceful"
  switch (state._tag) {
    case "Serving":
      if (meaning === "restart") return { action: "restart", state }
      return meaning === "hard" ? abort : { action: "drain", state: { _tag: "Draining", signal, since: now } }
    case "Draining":
      if (meaning === "restart") return { action: "late", state }
      return signal === state.signal && now - state.since < repeatMillis ? { action: "repeat", state } : abort
    case "Aborting":
      return { action: "late", state }
  }
}

const abort: Decision = { action: "abort", state: { _tag: "Aborting" } }
