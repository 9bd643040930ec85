/**
 * Numbers that look random, each a function of what it is drawn for and nothing else.
 *
 * A sequence of draws would give everybody other numbers as soon as somebody draws one more or one less. Here the n-th latency of a
 * connection is the same whatever the other connections do, so a scenario can lose a client and keep the rest of its run.
 *
 * @since 0.1.0
 */

/**
 * What draws are made for: a hash of the seed and a label such as `latency/127.0.0.1#2/up`.
 *
 * @category constructors
 * @source FNV-1a, draft-eastlake-fnv
 * @since 0.1.0
 */
export const drawKey = (seed: number, label: string): number => {
  const text = `${seed}/${label}`
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}

/**
 * The n-th draw of a key: a whole number from 0 up to, not including, 2³².
 *
 * @category drawing
 * @source fmix32 of MurmurHash3 by Austin Appleby, public domain
 * @since 0.1.0
 */
export const draw = (key: number, n: number): number => {
  let mixed = (key + Math.imul(n + 1, 0x9e3779b9)) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/**
 * The least and the most that something can be.
 *
 * @category models
 * @since 0.1.0
 */
export interface Span {
  readonly min: number
  readonly max: number
}

/**
 * Draws from spans, one after the other.
 *
 * @category models
 * @since 0.1.0
 */
export class Draws {
  private readonly seed: number
  private readonly label: string
  private key: number | undefined
  private drawn = 0

  constructor(seed: number, label: string) {
    this.seed = seed
    this.label = label
  }

  /** The next number of the span, both ends included. */
  from({ max, min }: Span): number {
    return min + Math.floor((this.at(this.drawn++) / 2 ** 32) * (max - min + 1))
  }

  /** The n-th draw, whatever was drawn before. */
  at(n: number): number {
    return draw((this.key ??= drawKey(this.seed, this.label)), n)
  }
}
