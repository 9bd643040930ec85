/**
 * What to try next, and when: the order and the pace of RFC 8305, without a clock and without a network.
 *
 * @since 0.1.0
 */

/**
 * Puts addresses in the order in which they are tried: the families take turns, beginning with the family of the first one, and
 * within a family the order stays.
 *
 * **Shapes**
 *
 * - What is left of one family once the other has run out comes at the end.
 *
 * @category ordering
 * @source RFC 8305 §4, with a First Address Family Count of 1
 * @since 0.1.0
 */
export const interleave = <A, F>(items: ReadonlyArray<A>, familyOf: (item: A) => F): ReadonlyArray<A> => {
  const families = new Map<F, Array<A>>()
  for (const item of items) {
    const family = familyOf(item)
    const members = families.get(family)
    if (members === undefined) families.set(family, [item])
    else members.push(item)
  }
  const rounds = Math.max(0, ...Array.from(families.values(), ({ length }) => length))
  return Array.from({ length: rounds }, (_, round) =>
    Array.from(families.values()).flatMap((members) => members.slice(round, round + 1))
  ).flat()
}

/**
 * How fast attempts follow each other.
 *
 * **Shapes**
 *
 * - `delay`: milliseconds from one start to the next, while nothing fails. `atOnce`: how many may be under way, 1 or more.
 *
 * @category models
 * @source RFC 8305 §5, Connection Attempt Delay
 * @since 0.1.0
 */
export interface Pace {
  readonly delay: number
  readonly atOnce: number
}

/**
 * How far the attempts have come.
 *
 * **Shapes**
 *
 * - `waiting`, `running`: how many. `owed`: failures that no start has followed yet. `lastStart`: its time.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  readonly waiting: number
  readonly running: number
  readonly owed: number
  readonly lastStart: number
}

/**
 * The time at which the next attempt starts: `-Infinity` is at once, `Infinity` is not before something ends.
 *
 * **Shapes**
 *
 * - Each failure brings the next start at once, one for one; those that run are left alone.
 *
 * @category scheduling
 * @source RFC 8305 §5; FF-80
 * @since 0.1.0
 */
export const nextStart = ({ lastStart, owed, running, waiting }: Progress, { atOnce, delay }: Pace): number => {
  if (waiting === 0 || running >= atOnce) return Infinity
  return running === 0 || owed > 0 ? -Infinity : lastStart + delay
}
