/**
 * Errors of any kind, in words.
 *
 * @since 0.1.0
 */
import { format } from "effect/Formatter"

/**
 * What somebody failed with, or has thrown.
 *
 * @category formatting
 * @since 0.1.0
 */
export const textOfError = (error: unknown): string => {
  if (error instanceof Error) return `${error.name}: ${error.message}`
  return typeof error === "string" ? error : format(error)
}
