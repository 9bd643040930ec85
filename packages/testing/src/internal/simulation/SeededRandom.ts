/**
 * Numbers that look random and depend on nothing but the seed.
 *
 * @since 0.1.0
 */

/** A function that gives a whole number from 0 up to, not including, `below`. */
export type Random = (below: number) => number

/** @source mulberry32 by Tommy Ettinger, public domain */
export const seeded = (seed: number): Random => {
  let state = seed | 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
