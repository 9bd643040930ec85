/**
 * Where two runs first differ.
 *
 * @since 0.1.0
 */
import type { Outcome } from "../../Simulation.ts"
import { format } from "../../Trace.ts"

/**
 * The first entry at which two traces differ, or else their ends, as printed; equal printouts say that only what is not printed
 * differs.
 *
 * @category models
 * @since 0.1.0
 */
export interface Difference {
  /** Its index in the traces. */
  readonly at: number
  readonly first: string
  readonly second: string
}

/**
 * Compares entry by entry and prints only what differs.
 *
 * @category comparing
 * @since 0.1.0
 */
export const differenceOf = (first: Run, second: Run): Difference | undefined => {
  const [ones, others] = [first.trace.entries, second.trace.entries]
  const length = Math.max(ones.length, others.length)
  for (let at = 0; at < length; at++) {
    const [one, other] = [ones[at], others[at]]
    if (isSame(one, other, 0)) continue
    return { at, first: one ? format(one) : endOf(first), second: other ? format(other) : endOf(second) }
  }
  const ends = { at: length, first: endOf(first), second: endOf(second) }
  return ends.first === ends.second ? undefined : ends
}

type Run = Outcome<unknown, unknown>

const endOf = ({ ending, exit, milliseconds, steps }: Run): string =>
  `${ending}${exit === undefined ? "" : `, ${exit._tag}`}, at ${milliseconds} ms, after ${steps} steps`

/** Deeper than any event; what an error may have for a cause can contain itself. */
const deepest = 8

/**
 * Whether two values look the same from outside: by their own enumerable keys, at any class.
 *
 * @category comparing
 * @since 0.1.0
 */
export const isSame = (one: unknown, other: unknown, depth: number): boolean => {
  if (Object.is(one, other) || depth > deepest) return true
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) {
    // Made anew by each run.
    return typeof one === "function" && typeof other === "function"
  }
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  for (const key of keys) {
    if (!Object.hasOwn(other, key)) return false
    if (!isSame(Reflect.get(one, key), Reflect.get(other, key), depth + 1)) return false
  }
  return true
}
