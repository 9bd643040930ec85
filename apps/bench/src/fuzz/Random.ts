/**
 * Random numbers that can be had again: one generator for each seed and number of an input.
 *
 * Chris Doty-Humphrey's sfc32: 128 bits of state, and a few nanoseconds a number.
 */
export class Random {
  private a = 0
  private b = 0
  private c = 0
  private counter = 1

  constructor(seed: number, index: number) {
    this.restart(seed, index)
  }

  /** Begins the numbers of another input. */
  restart(seed: number, index: number): void {
    this.a = seed | 0
    this.b = index | 0
    this.c = Math.floor(index / 2 ** 32) | 0
    this.counter = 1
    for (let round = 0; round < 12; round++) this.next()
  }

  /** A whole number of 32 bits. */
  next(): number {
    const result = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0
    return result >>> 0
  }

  /** A whole number, 0 or more, below `limit`. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit)
  }

  /** Mostly small. */
  small(limit: number): number {
    return this.below(this.below(limit) + 1)
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0
  }

  of<const A>(values: ReadonlyArray<A>): A {
    if (values.length === 0) throw new Error("nothing to choose from")
    // There is one: `below` stays below.
    return values[this.below(values.length)] as A
  }
}
