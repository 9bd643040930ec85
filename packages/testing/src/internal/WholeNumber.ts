/**
 * Whole numbers among options.
 *
 * @since 0.1.0
 */
import { badOption } from "./BadOption.ts"

/**
 * Which ones are allowed.
 *
 * - `least`, `most`: both included; default every safe integer. `most` only beside `least`.
 * - `unit`: what is counted. `orInfinity`: no limit is allowed too.
 *
 * @category models
 * @since 0.1.0
 */
export interface Whole {
  readonly least?: number
  readonly most?: number
  readonly unit?: string
  readonly orInfinity?: boolean
}

/**
 * Whether the value is one of them.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isWhole = (value: number, whole: Whole): boolean => {
  const { least = value, most = value, orInfinity = false } = whole
  if (value === Number.POSITIVE_INFINITY) return orInfinity
  return Number.isSafeInteger(value) && value >= least && value <= most
}

/**
 * Which ones are allowed, as a text.
 *
 * @category formatting
 * @since 0.1.0
 */
export const wholeText = ({ least, most, orInfinity = false, unit }: Whole): string => {
  const what = unit === undefined ? "a whole number" : `a whole number of ${unit}`
  const upTo = most === undefined ? "or more" : `to ${most}`
  const range = least === undefined ? "" : `, ${least} ${upTo}`
  return `${what}${range}${orInfinity ? ", or Infinity" : ""}`
}

/**
 * The value, if it is one of them.
 *
 * **Errors**
 *
 * - Throws `InvalidOptions` for any other: a mistake in a test, not a case to handle.
 *
 * @category validation
 * @since 0.1.0
 */
export const wholeNumber = (key: string, value: number, whole: Whole = {}): number => {
  if (isWhole(value, whole)) return value
  throw badOption(key, value, wholeText(whole))
}
