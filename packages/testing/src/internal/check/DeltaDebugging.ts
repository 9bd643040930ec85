/**
 * Finds what cannot be left out.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"

/**
 * A sublist that still fails, and of which no single item can be left out.
 *
 * **Shapes**
 *
 * - `fails`: whether a sublist still fails; the list itself is taken to.
 *
 * @source Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002
 * @since 0.1.0
 */
export const minimal = Effect.fnUntraced(function* <T>(
  list: ReadonlyArray<T>,
  fails: (sublist: ReadonlyArray<T>) => Effect.Effect<boolean>
) {
  if (list.length === 0 || (yield* fails([]))) return []
  let items = list
  let size = Math.ceil(items.length / 2)
  while (items.length > 1) {
    const before = items.length
    for (let at = 0; at < items.length && items.length > 1; ) {
      const rest = [...items.slice(0, at), ...items.slice(at + size)]
      if (rest.length > 0 && (yield* fails(rest))) items = rest
      else at += size
    }
    // A removal can make room for another one: at the finest grain, go on until there is none.
    if (size === 1 && items.length === before) break
    size = Math.max(1, Math.min(Math.ceil(size / 2), items.length))
  }
  return items
})
