/**
 * Numbers that look random and depend on nothing but the seed.
 *
 * @since 0.1.0
 */
import type * as EffectRandom from "effect/Random"

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

const twoTo26 = 67_108_864
const twoTo27 = 134_217_728

/** Effect's own generator, for a program whose every draw is to come again with the seed. */
export const randomOf = (seed: number): EffectRandom.Random => {
  const draw = seeded(seed)
  // 53 bits, as many as a double holds.
  const nextDoubleUnsafe = (): number => (draw(twoTo26) * twoTo27 + draw(twoTo27)) / (twoTo26 * twoTo27)
  const nextIntUnsafe = (): number => Math.round((nextDoubleUnsafe() * 2 - 1) * Number.MAX_SAFE_INTEGER)
  return { nextDoubleUnsafe, nextIntUnsafe }
}

/**
 * A number from 0 up to, not including, 1 that belongs to these three and to no place in a stream: what is drawn for one does not
 * depend on how much was drawn for others before.
 *
 * @source the finalizer of MurmurHash3 by Austin Appleby, public domain, once for each
 */
export const fractionFor = (seed: number, name: number, count: number): number => {
  const hash = finalized(finalized(finalized(seed) ^ Math.imul(name, 0x9e3779b1)) ^ Math.imul(count, 0x85ebca77))
  return (hash >>> 0) / 0x1_0000_0000
}

const finalized = (bits: number): number => {
  let mixed = bits | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
