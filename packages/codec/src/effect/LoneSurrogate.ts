/**
 * Strings that UTF-8 cannot express, anywhere in a message.
 *
 * @since 0.1.0
 */
import * as Redacted from "effect/Redacted"

/**
 * Where a string with half of a surrogate pair stands in a value; `undefined`: nowhere.
 *
 * **Shapes**
 *
 * - Looks into arrays, objects, maps, sets and secrets, as far as they were not seen yet.
 *
 * @category guards
 * @since 0.1.0
 */
export const loneSurrogateIn = (
  value: unknown,
  path: ReadonlyArray<PropertyKey> = [],
  seen: Set<object> = new Set()
): ReadonlyArray<PropertyKey> | undefined => {
  if (typeof value === "string") return value.isWellFormed() ? undefined : path
  if (typeof value !== "object" || value === null || seen.has(value) || ArrayBuffer.isView(value)) return undefined
  seen.add(value)
  if (Redacted.isRedacted(value)) return loneSurrogateIn(Redacted.value(value), path, seen)
  for (const [key, part] of entriesOf(value)) {
    const found = loneSurrogateIn(part, [...path, key], seen)
    if (found !== undefined) return found
  }
  return undefined
}

// The keys of an object are strings that are written too.
const entriesOf = (value: object): ReadonlyArray<readonly [PropertyKey, unknown]> => {
  if (value instanceof Map || value instanceof Set) return Array.from(value, (part, index) => [index, part])
  return Object.entries(value).flatMap(([key, part]) => [
    [key, key],
    [key, part]
  ])
}
