/**
 * The bytes of one input, and where they are cut.
 */
import type { Batch, Valid } from "./Batch.ts"
import type { Random } from "./Random.ts"

const longest = 1024
// From here on decoders search words and keep views.
const large = 512
const text = (characters: string): ReadonlyArray<number> => Array.from(characters, (one) => one.charCodeAt(0))

/** Lengths at which arithmetic goes wrong, in every way of writing them. */
const extremes: ReadonlyArray<ReadonlyArray<number>> = [
  [0, 0, 0, 0],
  [0, 0, 0, 1],
  [0x7f, 0xff, 0xff, 0xff],
  [0x80, 0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0, 0x20, 0, 0, 0, 0, 0, 0],
  [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  Array<number>(8).fill(0xff),
  [...Array<number>(9).fill(0x80), 1],
  [...Array<number>(9).fill(0xff), 1],
  Array<number>(11).fill(0xff),
  text("9007199254740991:"),
  text("9007199254740992:"),
  text("99999999999999999999:"),
  text("00:"),
  text("0:,"),
  text("65536"),
  text("\r\n\r\n")
]

/** One input after the other, in memory that is used again. */
export class Input {
  readonly bytes = new Uint8Array(longest)
  length = 0
  /** Ends of chunks, in order; two that are the same make an empty chunk. */
  readonly cuts: Array<number> = []
  /** All chunks are fed before the first frame is taken. */
  isFedFirst = false
  /** The stream that this is, where nothing was done to it. */
  intact: Valid | undefined = undefined

  /** Draws bytes. */
  fill(batch: Batch, random: Random): void {
    this.intact = undefined
    const kind = random.below(8)
    if (kind < 2 || batch.valid.length === 0) {
      this.fillAtRandom(batch.telling, random)
      return
    }
    const valid = random.of(batch.valid)
    this.bytes.set(valid.bytes)
    this.length = valid.bytes.length
    if (kind === 2) {
      this.intact = valid
      return
    }
    if (random.oneIn(32)) this.repeat()
    for (let count = 1 + random.small(5); count > 0; count--) this.mutate(batch.telling, random)
  }

  /** Draws cuts. */
  cut(random: Random): void {
    this.cuts.length = 0
    const { length } = this
    if (random.oneIn(16)) {
      for (let end = 1; end < length; end++) this.cuts.push(end)
    } else {
      let end = 0
      for (let count = random.below(6); count > 0; count--) {
        end += random.small(length - end + 1)
        this.cuts.push(end)
      }
    }
    this.cuts.push(length)
    this.isFedFirst = random.oneIn(4)
  }

  private fillAtRandom(telling: ReadonlyArray<number>, random: Random): void {
    this.length = random.small(200)
    const often = 1 + random.below(4)
    for (let at = 0; at < this.length; at++) {
      this.bytes[at] = random.below(4) < often ? random.of(telling) : random.next()
    }
  }

  private mutate(telling: ReadonlyArray<number>, random: Random): void {
    const { bytes, length } = this
    const at = random.below(length + 1)
    switch (random.below(6)) {
      case 0:
        if (at < length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
        return
      case 1:
        if (at < length) bytes[at] = random.of(telling)
        return
      case 2:
        this.length = at
        return
      case 3:
        return this.remove(at, random.small(8))
      case 4:
        return this.insert(at, Array.from(bytes.subarray(at, at + random.small(40))))
      default:
        return this.overwriteOrInsert(at, random.of(extremes), random.oneIn(2))
    }
  }

  private repeat(): void {
    while (this.length > 0 && this.length < large)
      this.insert(this.length, Array.from(this.bytes.subarray(0, this.length)))
  }

  private remove(at: number, count: number): void {
    const end = Math.min(this.length, at + count)
    this.bytes.copyWithin(at, end, this.length)
    this.length -= end - at
  }

  private insert(at: number, piece: ReadonlyArray<number>): void {
    const size = Math.min(piece.length, longest - this.length)
    this.bytes.copyWithin(at + size, at, this.length)
    this.length += size
    for (let index = 0; index < size; index++) this.bytes[at + index] = piece[index] ?? 0
  }

  private overwriteOrInsert(at: number, piece: ReadonlyArray<number>, overwrite: boolean): void {
    if (overwrite) this.remove(at, piece.length)
    this.insert(at, piece)
  }
}
