/**
 * Why a property could not be checked.
 *
 * @since 0.1.0
 */
import { CheckFailed } from "../../CheckFailed.ts"

/** The failure of a check before anything was found. */
export const unchecked = (
  property: string,
  invariant: "settings" | "fixture" | "scenario",
  detail: string,
  cause?: unknown
): CheckFailed =>
  new CheckFailed({ property, invariant, detail, message: `${property} was not checked: ${detail}`, runs: 0, cause })
