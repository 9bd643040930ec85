/**
 * Why the frame loop's synchronous part has stopped, and what its fiber has to do next.
 */
import * as Effect from "effect/Effect"

/** Why `advance` has stopped. */
export type Stop =
  | "parked" // nothing to do before input arrives or a reply is ready
  | "effect" // `unstarted` has to be run by the fiber
  | "blocked" // `outgoing` has to wait for its turn or for room
  | "turn" // others first
  | "failed" // `failure` ends the loop
  | "done" // the input has ended and everything was answered

/** Each of them as an effect, made once. */
export const stops: { readonly [K in Stop]: Effect.Effect<Stop> } = {
  parked: Effect.succeed("parked"),
  effect: Effect.succeed("effect"),
  blocked: Effect.succeed("blocked"),
  turn: Effect.succeed("turn"),
  failed: Effect.succeed("failed"),
  done: Effect.succeed("done")
}
