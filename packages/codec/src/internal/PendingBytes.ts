/**
 * The bytes of a frame that has begun and not ended.
 *
 * @since 0.1.0
 */
import { viewOf } from "./ByteView.ts"
import { joined } from "./Joined.ts"

// A view object costs about 100 bytes and pins the whole memory behind it: it has to be worth both.
const viewFrom = 512
const pinsAtMost = 4
// The largest typed array that V8 keeps on its own heap: 23 ns to make, against 200 ns for one of 128 bytes (Node 24).
const firstBlock = 64
const largestBlock = 65_536
// Below this a loop is faster than the view that `set` needs.
const loopBelow = 32

const copyInto = (target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): void => {
  if (end - start >= loopBelow) {
    target.set(viewOf(source, start, end), at)
    return
  }
  for (let index = start; index < end; index++) target[at + index - start] = source[index] ?? 0
}

/**
 * Keeps the pieces of one unfinished frame and joins them once, when its end arrives.
 *
 * **Shapes**
 *
 * - A piece is kept as a view when it has 512 bytes and a quarter of the memory that the view would pin; otherwise it is
 *   copied into a block. So the memory held stays below four times `length` plus 64 bytes, however small the chunks were
 *   and however large the memory behind them.
 * - A byte is copied once; twice where its piece went into a block that the frame outgrew. Of a frame whose size is known that is
 *   its first quarter and one block at most: then it gets one block of that size.
 *
 * @category models
 * @source FF-32, FF-33
 * @since 0.1.0
 */
export class PendingBytes {
  #sealed: Array<Uint8Array> = []
  #block: Uint8Array | undefined = undefined
  #used = 0
  #gathered = 0
  #length = 0
  #lastByte = -1
  #whole = false

  /** How many bytes are kept. */
  get length(): number {
    return this.#length
  }

  /** The byte kept last; `-1` when there is none. */
  get lastByte(): number {
    return this.#lastByte
  }

  /** Keeps `chunk[start, end)` of a frame that will have `expected` bytes, where that is known. */
  append(chunk: Uint8Array, start: number, end: number, expected: number = Number.POSITIVE_INFINITY): void {
    const size = end - start
    if (size === 0) return
    if (!this.#fillsTheBlock(chunk, start, end)) this.#add(chunk, start, end, expected)
    this.#length += size
    this.#lastByte = chunk[end - 1] ?? -1
  }

  /** {@link append} for a chunk that is about to be written to: no view of it is kept. */
  copy(chunk: Uint8Array, start: number, end: number, expected: number): void {
    if (start === end) return
    this.#hasWholeBlock(this.#length + end - start, expected)
    this.#copy(chunk, start, end)
    this.#length += end - start
    this.#lastByte = chunk[end - 1] ?? -1
  }

  // One byte after the other is the worst that a peer can do; it has to be cheap.
  #fillsTheBlock(chunk: Uint8Array, start: number, end: number): boolean {
    const block = this.#block
    const size = end - start
    if (block === undefined || size > 4 || this.#used + size > block.length) return false
    for (let index = start; index < end; index++) block[this.#used++] = chunk[index] ?? 0
    this.#gathered += size
    return true
  }

  #add(chunk: Uint8Array, start: number, end: number, expected: number): void {
    const size = end - start
    const worthAView = size >= viewFrom && size * pinsAtMost >= chunk.buffer.byteLength
    if (this.#hasWholeBlock(this.#length + size, expected)) {
      this.#copy(chunk, start, end)
    } else if (worthAView) {
      this.#seal()
      this.#gathered = 0
      this.#sealed.push(viewOf(chunk, start, end))
    } else {
      this.#copy(chunk, start, end)
    }
  }

  /** Gives everything kept, followed by `chunk[start, end)`, as one piece of memory that is written no more. */
  take(chunk: Uint8Array, start: number, end: number): Uint8Array {
    const size = this.#length + end - start
    const block = this.#block
    const fitsTheBlock = this.#sealed.length === 0 && block !== undefined && size <= block.length
    const taken = fitsTheBlock ? block : (this.#onlyView(size) ?? this.#join(size))
    copyInto(taken, this.#length, chunk, start, end)
    this.clear()
    return taken.length === size ? taken : taken.subarray(0, size)
  }

  /** Copies the first `count` bytes, or all where fewer are kept. */
  first(count: number): Uint8Array {
    const copied = new Uint8Array(Math.min(count, this.#length))
    let at = 0
    for (const piece of this.#pieces()) {
      if (at === copied.length) break
      const part = piece.subarray(0, copied.length - at)
      copied.set(part, at)
      at += part.length
    }
    return copied
  }

  /** The same of these bytes and those of a chunk behind them, from `at` to `end`. */
  firstWith(chunk: Uint8Array, at: number, end: number, count: number): Uint8Array {
    const first = this.first(count)
    const missing = Math.max(0, Math.min(count - first.length, end - at))
    return missing === 0 ? first : joined([first, viewOf(chunk, at, at + missing)], first.length + missing)
  }

  /** Forgets everything. */
  clear(): void {
    if (this.#sealed.length > 0) this.#sealed = []
    this.#block = undefined
    this.#used = 0
    this.#gathered = 0
    this.#length = 0
    this.#lastByte = -1
    this.#whole = false
  }

  #pieces(): ReadonlyArray<Uint8Array> {
    return this.#block === undefined ? this.#sealed : [...this.#sealed, this.#block.subarray(0, this.#used)]
  }

  #onlyView(size: number): Uint8Array | undefined {
    return this.#block === undefined && this.#sealed.length === 1 && this.#length === size ? this.#sealed[0] : undefined
  }

  // Whether there is one block for the whole frame. It is made when a quarter of the frame is there, never on the word of a peer
  // alone; from then on its bytes are copied to where they stay.
  #hasWholeBlock(length: number, expected: number): boolean {
    if (this.#whole) return true
    if (length > expected || length * pinsAtMost < expected) return false
    this.#whole = true
    if (this.#sealed.length === 0 && this.#block !== undefined && expected <= this.#block.length) return true
    this.#block = this.#join(expected)
    this.#sealed = []
    this.#used = this.#length
    return true
  }

  #join(size: number): Uint8Array {
    const joined = new Uint8Array(size)
    let at = 0
    for (const piece of this.#sealed) {
      joined.set(piece, at)
      at += piece.length
    }
    if (this.#block !== undefined) copyInto(joined, at, this.#block, 0, this.#used)
    return joined
  }

  #copy(chunk: Uint8Array, start: number, end: number): void {
    let from = start
    while (from < end) {
      const block = this.#blockWithRoom(end - from)
      const to = Math.min(end, from + block.length - this.#used)
      copyInto(block, this.#used, chunk, from, to)
      this.#used += to - from
      this.#gathered += to - from
      from = to
    }
  }

  // A block has room for as much again as was gathered since the last view: fewer blocks, and never much unused room.
  #blockWithRoom(size: number): Uint8Array {
    if (this.#block !== undefined && this.#used < this.#block.length) return this.#block
    this.#seal()
    this.#block = new Uint8Array(Math.max(firstBlock, size * 2, Math.min(this.#gathered, largestBlock)))
    return this.#block
  }

  #seal(): void {
    if (this.#block === undefined) return
    this.#sealed.push(this.#used === this.#block.length ? this.#block : this.#block.subarray(0, this.#used))
    this.#block = undefined
    this.#used = 0
  }
}
