/**
 * The conformance suite of the seam: what every `Transport` has to do, as scripts that any test runner can run.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { TransportError } from "tidegate/Errors"
import type { Transport } from "tidegate/Transport"
import { dialling } from "./conformance/Dialling.ts"
import { ending } from "./conformance/Ending.ts"
import { listening } from "./conformance/Listening.ts"
import { quiescing } from "./conformance/Quiescing.ts"
import { reading } from "./conformance/Reading.ts"
import { ConformanceFailure, type Script } from "./conformance/Script.ts"
import { writing } from "./conformance/Writing.ts"

export { ConformanceFailure, FloodBytes, type Script } from "./conformance/Script.ts"

/**
 * Every script of the suite.
 *
 * **When to use**
 *
 * Run each over a transport of your own, with {@link check}; all of them hold for the simulated network and for TCP.
 *
 * @category scripts
 * @since 0.1.0
 */
export const scripts: ReadonlyArray<Script> = [
  ...listening,
  ...dialling,
  ...reading,
  ...quiescing,
  ...writing,
  ...ending
]

/**
 * Options of {@link check}.
 *
 * **Shapes**
 *
 * - `within`: time on the current clock after which a script counts as hanging; default none. Leave it out under `TestClock`,
 *   which never gets there by itself: a script that hangs then is the test runner's timeout.
 *
 * @category options
 * @since 0.1.0
 */
export interface CheckOptions {
  readonly within?: Duration.Input | undefined
}

/**
 * Runs a script in a scope of its own.
 *
 * ```ts
 * import { it } from "@effect/vitest"
 * import * as Effect from "effect/Effect"
 * import { check, scripts } from "@tidegate/testing/Conformance"
 * import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
 *
 * for (const script of scripts) {
 *   it.effect(script.name, () => Effect.provide(check(script), SimulatedNetwork.layer()))
 * }
 * ```
 *
 * **Errors**
 *
 * - `ConformanceFailure`: the transport broke a promise, or hung. `TransportError`: an operation failed that has to succeed.
 *
 * @category running
 * @since 0.1.0
 */
export const check = (
  script: Script,
  options: CheckOptions = {}
): Effect.Effect<void, ConformanceFailure | TransportError, Transport> => {
  const run = Effect.scoped(script.run)
  const { within } = options
  return within === undefined
    ? run
    : Effect.timeoutOrElse(run, {
        duration: within,
        orElse: () => Effect.fail(new ConformanceFailure({ expected: `"${script.name}" to end`, actual: "it hangs" }))
      })
}
