/**
 * What an error says about an option that cannot be used.
 *
 * @since 0.1.0
 */
import { InvalidOptions } from "tidegate/Errors"

/**
 * The key, the value and what is allowed, in the words in which a server's options are refused.
 *
 * @category formatting
 * @since 0.1.0
 */
export const refusal = (key: string, value: unknown, expected: string): string =>
  `${key}: got ${print(value)}, expected ${expected}`

const print = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value)
  return typeof value === "object" && value !== null ? "an object" : String(value)
}

/**
 * The same as an error.
 *
 * @category constructors
 * @since 0.1.0
 */
export const badOption = (key: string, value: unknown, expected: string): InvalidOptions =>
  new InvalidOptions({ issue: refusal(key, value, expected) })
