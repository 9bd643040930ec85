/**
 * Seeds that are made from names and from other seeds.
 *
 * @since 0.1.0
 */
import { seeded } from "../simulation/SeededRandom.ts"

/** Seeds are whole numbers from 0 up to, not including, this one. */
export const seedsBelow = 2 ** 31

/** @source FNV-1a, 32 bits, by Glenn Fowler, Landon Curt Noll and Kiem-Phong Vo, public domain */
export const seedOfName = (name: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % seedsBelow
}

/** The seed of the `index`-th of what derives from this seed; neighbours have nothing in common. */
export const seedAt = (seed: number, index: number): number =>
  seeded(seed ^ Math.imul(index + 1, 0x9e3779b1))(seedsBelow)
