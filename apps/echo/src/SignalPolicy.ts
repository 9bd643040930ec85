/**
 * What a signal means, given the ones before it: a pure table, so that every sequence can be tested without a process.
 */

/** The signals that stop the server. */
export const stopSignals = ["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"] as const

export type StopSignal = (typeof stopSignals)[number]

export const isStopSignal = (name: string): name is StopSignal => stopSignals.some((stop) => stop === name)

export type Wish = "hard" | "graceful"

/**
 * The classic map of a server on a terminal.
 *
 * SIGHUP is graceful because its default action would kill the server in mid-reply when a terminal is closed (FF-64).
 */
export const classic: Readonly<Record<StopSignal, Wish>> = {
  SIGINT: "hard",
  SIGTERM: "hard",
  SIGQUIT: "graceful",
  SIGHUP: "graceful"
}

/** What the signals so far have led to; `since` is when the drain was asked for. */
export type SignalState =
  | { readonly _tag: "Serving" }
  | { readonly _tag: "Draining"; readonly signal: StopSignal; readonly since: number }
  | { readonly _tag: "Aborting" }

/** `repeat`: the same key press once more. `late`: nothing is left to be done harder. */
export type Action = "drain" | "abort" | "repeat" | "late"

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
 *
 * @source S12, S13, S117, FF-63
 */
export const decide = (state: SignalState, signal: StopSignal, now: number, map = classic): Decision => {
  switch (state._tag) {
    case "Serving":
      return map[signal] === "hard" ? abort : { action: "drain", state: { _tag: "Draining", signal, since: now } }
    case "Draining":
      return signal === state.signal && now - state.since < repeatMillis ? { action: "repeat", state } : abort
    case "Aborting":
      return { action: "late", state }
  }
}

const abort: Decision = { action: "abort", state: { _tag: "Aborting" } }
