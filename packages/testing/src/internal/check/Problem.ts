/**
 * What is wrong with a run, by a name that stays the same while its scenario shrinks.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import type { Property } from "../../Check.ts"
import type { Outcome } from "../../Simulation.ts"
import { Violation } from "../../Violation.ts"
import { explanations } from "../simulation/Endings.ts"
import { textOfError } from "../simulation/ErrorText.ts"

/**
 * One thing that is wrong.
 *
 * - `invariant`: the violated one, or how the run went wrong. `kind`: tells defects from each other.
 * - `entry`: where in the trace it was seen; at its end by default.
 *
 * @category models
 * @since 0.1.0
 */
export interface Problem {
  readonly invariant: string
  readonly kind: string
  readonly detail: string
  readonly entry: number | undefined
  readonly cause: unknown
}

/** Whether a smaller failure is still the same failure. */
export const isSame = (one: Problem, other: Problem | undefined): boolean =>
  other !== undefined && one.invariant === other.invariant && one.kind === other.kind

const ended = (outcome: Outcome<unknown, unknown>, left: ReadonlyArray<number>): Problem => ({
  invariant: outcome.ending,
  kind: outcome.ending,
  detail: outcome.ending === "leftover" ? leftBy(outcome, left) : stoppedBy(outcome),
  entry: undefined,
  cause: undefined
})

const stoppedBy = ({ ending, milliseconds, steps }: Outcome<unknown, unknown>): string =>
  `at ${milliseconds} ms, after ${steps} steps: ${explanations[ending]}`

const leftBy = ({ fibers: { alive, started } }: Outcome<unknown, unknown>, left: ReadonlyArray<number>): string => {
  if (alive === 0) return "a sleeper outlives the program"
  const text = `${alive} of ${started} fibers outlive the program`
  if (left.length === 0) return text
  return `${text}: ${alive === 1 ? "fiber" : "fibers"} ${left.join(", ")}${left.length < alive ? ", …" : ""}`
}

const violated = (violation: Violation): Problem => ({
  invariant: violation.invariant,
  kind: "violation",
  detail: violation.detail,
  entry: violation.entry,
  cause: violation
})

const nameOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return typeof error
  if ("_tag" in error && typeof error._tag === "string") return error._tag
  return error instanceof Error ? error.name : "object"
}

const thrown = (error: unknown): Problem =>
  error instanceof Violation
    ? violated(error)
    : { invariant: "defect", kind: nameOf(error), detail: textOfError(error), entry: undefined, cause: error }

/** What a program failed with: a violation anywhere in the cause counts more than what else went wrong on its account. */
export const failed = (cause: Cause.Cause<unknown>): Problem => {
  const errors = cause.reasons.flatMap((reason) =>
    Cause.isFailReason(reason) ? [reason.error] : Cause.isDieReason(reason) ? [reason.defect] : []
  )
  const violation = errors.find((error) => error instanceof Violation)
  if (violation !== undefined) return violated(violation)
  if (errors.length > 0) return thrown(errors[0])
  return {
    ...thrown(undefined),
    kind: "interruption",
    detail: "the program was interrupted",
    cause: Cause.squash(cause)
  }
}

/** What is wrong with a run, of which these fibers are `left`; `verify` is asked only about one that has ended well. */
export const problemOf = <S, A>(
  property: Property<S, A>,
  scenario: S,
  outcome: Outcome<A, unknown>,
  left: ReadonlyArray<number>
): Problem | undefined => {
  const { ending, exit } = outcome
  if (exit?._tag === "Failure") return failed(exit.cause)
  if (ending !== "done" && ending !== "leftover") return ended(outcome, left)
  try {
    if (exit !== undefined) property.verify?.(scenario, outcome, exit.value)
  } catch (error) {
    return thrown(error)
  }
  return ending === "done" ? undefined : ended(outcome, left)
}
