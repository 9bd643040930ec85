/**
 * What all decoders have in common: chunks in, the frame in progress, and the ways out. Only the framing itself is left to write.
 *
 * @since 0.1.0
 */
import type { Decoded, Decoder } from "./Codec.ts"
import { FrameError } from "./FrameError.ts"
import { InvalidCodecOptions } from "./InvalidCodecOptions.ts"
import { viewOf } from "./internal/ByteView.ts"
import { ChunkQueue } from "./internal/ChunkQueue.ts"
import { ChunkWindow } from "./internal/ChunkWindow.ts"
import { joined } from "./internal/Joined.ts"
import { allowedMaximum, isMaximum } from "./internal/OptionReader.ts"
import { PendingBytes } from "./internal/PendingBytes.ts"

const none: ReadonlyArray<never> = Object.freeze([])
const noBytes = new Uint8Array(0)
const headBytes = 16
// Of nobody: nothing is ever kept in it.
const nothing = new PendingBytes()
// Of everybody: it only knows about the chunk that was asked about last.
const window = new ChunkWindow()
// From here on, frames that are copied one by one cost less than a copy of the chunk and, where they span two, another of themselves.
const largeFrame = 8192

/**
 * A decoder that leaves two questions to who extends it: where does a frame end, and what is a frame that EOF cuts short?
 *
 * **When to use**
 *
 * To write a codec of your own. What it extends to keeps every promise of {@link Decoder}, as long as `decodeNext` looks at each byte
 * once and bases nothing on where a chunk ends.
 *
 * **Shapes**
 *
 * - `decodeNext()` is called with `at` before the end of `chunk`. It reads on from there and either ends a frame (`takeUntil`,
 *   `endSkipped`) and returns what it gives, or leaves nothing of the chunk (`keepUntil`, `skipUntil`) and returns `undefined`.
 * - `decodeAtEof()` is called once, when all chunks were read, and says what the frame in progress is, if there is one.
 * - What it gives of `chunk` it gets from `takeUntil`: a view that it makes itself changes with the memory of a chunk that was lent.
 * - Who keeps nothing of its own from frame to frame lets others use it in between: `atRest() { return this.isBetweenFrames }`.
 * - `max` is the maximum that the frame in progress goes by; `Infinity`: none.
 * - A {@link FrameError} that is `fatal` closes the decoder when it is returned.
 *
 * **Example** (Frames of text that end in a semicolon)
 *
 * ```ts
 * import type { Decoded } from "@tidegate/codec/Codec"
 * import { FramingDecoder } from "@tidegate/codec/FramingDecoder"
 *
 * class Semicolons extends FramingDecoder<Uint8Array> {
 *   protected decodeNext(): Decoded<Uint8Array> | undefined {
 *     const end = this.indexOf(59)
 *     return end === -1 ? this.keepUntil(this.chunk.length) : this.takeUntil(end, end + 1)
 *   }
 *   protected decodeAtEof(): undefined {}
 * }
 * ```
 *
 * @category models
 * @source FF-32, FF-33, FF-35
 * @since 0.1.0
 */
export abstract class FramingDecoder<Frame> implements Decoder<Frame> {
  protected abstract decodeNext(): Decoded<Frame> | undefined
  protected abstract decodeAtEof(): Decoded<Frame> | undefined

  /** The chunk that is read. */
  protected chunk: Uint8Array = noBytes
  /** The first byte of it that was neither taken, kept nor skipped. */
  protected at = 0
  /** The maximum that the frame in progress goes by. */
  protected max: number
  readonly #name: string
  readonly #firstMax: number
  /** Made for a frame that a chunk cuts, and gone with it: an idle connection holds none. */
  #pending = nothing
  #waiting: ChunkQueue | undefined = undefined
  #nextMax: number
  #chunkStart = 0
  // Read for every frame; the length of a typed array is a slower read, as V8 has to see first what its memory is.
  #chunkLength = 0
  #frameStart = 0
  #lastPosition = 0
  #lastLength = 0
  /** The chunk will be written to by somebody else. */
  #isLent = false
  #skipping = false
  #closed = false

  constructor(name: string, maxLength: number = Number.POSITIVE_INFINITY) {
    this.#name = name
    this.max = maxLength
    this.#nextMax = maxLength
    this.#firstMax = maxLength
  }

  get pendingBytes(): number {
    const waiting = this.#waiting === undefined ? 0 : this.#waiting.bytes
    return this.#pending.length + this.chunk.length - this.at + waiting
  }

  get inFrame(): boolean {
    return this.#skipping || this.#pending.length > 0
  }

  get position(): number {
    return this.#frameStart
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The offset in the stream of the first byte of what `next` gave last. */
  get lastPosition(): number {
    return this.#lastPosition
  }

  feed(chunk: Uint8Array): void {
    if (this.#closed || chunk.length === 0) return
    if (this.at === this.#chunkLength && this.#waiting === undefined) {
      this.#read(chunk)
      return
    }
    this.#waiting ??= new ChunkQueue()
    this.#waiting.add(chunk)
  }

  lend(chunk: Uint8Array): boolean {
    const isLarge = this.#pending.length >= largeFrame || this.#lastLength >= largeFrame
    return isLarge && this.borrow(chunk)
  }

  settle(): void {
    if (!this.#isLent) return
    const { at, chunk } = this
    this.#isLent = false
    window.release()
    if (at === chunk.length) return this.#read(noBytes)
    // Each byte stays at its place: who extends this may know already what stands further on.
    this.chunk = new Uint8Array(chunk.length)
    this.chunk.set(viewOf(chunk, at, chunk.length), at)
  }

  next(): Decoded<Frame> | undefined {
    while (this.at < this.#chunkLength || this.#readWaiting()) {
      const begins = this.#frameStart
      const found = this.decodeNext()
      if (found === undefined) continue
      this.#lastPosition = begins
      // Bytes are asked for first: that they are no error is known only behind the last of their four prototypes.
      if (!(found instanceof Uint8Array) && found instanceof FrameError && found.fatal) this.#close()
      return found
    }
    return undefined
  }

  begin(position: number): void {
    this.#letGo()
    this.#chunkStart = this.#frameStart = this.#lastPosition = position
    this.#lastLength = 0
  }

  push(chunk: Uint8Array): ReadonlyArray<Decoded<Frame>> {
    this.feed(chunk)
    return this.#all()
  }

  end(): ReadonlyArray<Decoded<Frame>> {
    const found = this.#all()
    const last = this.#closed ? undefined : this.decodeAtEof()
    this.#close()
    return last === undefined ? found : [...found, last]
  }

  peek(count: number): Uint8Array {
    const size = Math.min(Math.max(0, count), this.pendingBytes)
    return joined([this.#pending.first(size), ...this.#unread(size)], size)
  }

  detach(): Uint8Array {
    this.settle()
    const unread = this.#unread(this.pendingBytes)
    const [first = noBytes] = unread
    const rest = unread.length === 1 ? first : joined(unread, this.pendingBytes - this.#pending.length)
    const bytes = this.#pending.length === 0 ? rest : this.#pending.take(rest, 0, rest.length)
    this.#close()
    return bytes
  }

  setMaxLength(bytes: number | null): void {
    if (!isMaximum(bytes)) {
      throw new InvalidCodecOptions(this.#name, [{ key: "maxLength", value: bytes, allowed: allowedMaximum }])
    }
    this.#nextMax = this.withinReach(bytes ?? Number.POSITIVE_INFINITY)
    if (!this.inFrame) this.max = this.#nextMax
  }

  /** {@link Decoder.atRest}, for a codec that itself keeps nothing from frame to frame. */
  protected get isBetweenFrames(): boolean {
    if (this.#closed || this.#isLent || this.inFrame || this.pendingBytes > 0) return false
    // With large frames what it has seen last tells how to read the next.
    return this.#nextMax === this.#firstMax && this.#lastLength < largeFrame
  }

  /** The maximum that is meant by one that was asked for: a codec whose frames cannot be that large says less. */
  protected withinReach(max: number): number {
    return max
  }

  // --- what who extends it does with the chunk ---

  /** {@link lend}, whatever it costs. */
  protected borrow(chunk: Uint8Array): boolean {
    if (this.#closed || this.at < this.#chunkLength || this.#waiting !== undefined) return false
    // `slice` of a Buffer copies nothing.
    this.#read(viewOf(chunk, 0, chunk.length))
    this.#isLent = true
    return true
  }

  /** How many bytes of the frame in progress came in earlier chunks. */
  protected get kept(): number {
    return this.#pending.length
  }

  /** The last of them; -1: there is none. */
  protected get lastKept(): number {
    return this.#pending.lastByte
  }

  /** Whether the frame in progress is dropped as it comes. */
  protected get isSkipping(): boolean {
    return this.#skipping
  }

  /** Where `byte` is in the chunk, at or after `from`; -1: nowhere. */
  protected indexOf(byte: number, from: number = this.at): number {
    return window.indexOf(this.chunk, byte, from)
  }

  /** Adds the chunk up to `end` to the frame in progress, which will have `expected` bytes, where that is known. */
  protected keepUntil(end: number, expected?: number): undefined {
    if (this.#pending === nothing) this.#pending = new PendingBytes()
    if (this.#isLent) this.#pending.copy(this.chunk, this.at, end, expected ?? this.#lastLength)
    else this.#pending.append(this.chunk, this.at, end, expected)
    this.at = end
  }

  /**
   * Ends the frame in progress: its bytes up to `end`, the first `strip` left out; a view where the chunk holds all of them, else one
   * copy. The next frame begins at `next`.
   */
  protected takeUntil(end: number, next: number = end, strip: number = 0): Uint8Array {
    const bytes = this.#bytesUntil(end, strip)
    this.#lastLength = bytes.length
    this.#endFrame(next)
    return bytes
  }

  /** The first bytes of the frame in progress, up to `end` of the chunk, copied; `count` at most, 16 unless told. */
  protected headUntil(end: number, count: number = headBytes): Uint8Array {
    return this.#pending.firstWith(this.chunk, this.at, end, count)
  }

  /** The frame in progress is too long: gives up what is kept of it. Its bytes are dropped from now on, up to `endSkipped`. */
  protected beginSkipping(): void {
    this.#pending = nothing
    this.#skipping = true
  }

  /** Drops the chunk up to `end`. */
  protected skipUntil(end: number): undefined {
    this.at = end
  }

  /** The frame that was skipped has ended: the next one begins at `next`. */
  protected endSkipped(next: number): void {
    this.#pending = nothing
    this.#skipping = false
    this.#endFrame(next)
  }

  // --- chunks ---

  /** The pieces that no frame was made of yet, up to the one in which byte `count` is. */
  #unread(count: number): Array<Uint8Array> {
    const waiting = this.#waiting === undefined ? [] : this.#waiting.first(count)
    return [viewOf(this.chunk, this.at, this.chunk.length), ...waiting]
  }

  #bytesUntil(end: number, strip: number): Uint8Array {
    const { at, chunk } = this
    const { length } = this.#pending
    if (strip < length) {
      const taken = this.#pending.take(chunk, at, end)
      this.#pending = nothing
      return strip === 0 ? taken : viewOf(taken, strip, taken.length)
    }
    if (length > 0) this.#pending = nothing
    if (this.#isLent) return this.chunk.slice(at + strip - length, end)
    return window.view(chunk, at + strip - length, end)
  }

  #endFrame(next: number): void {
    this.at = next
    this.#frameStart = this.#chunkStart + next
    if (this.max !== this.#nextMax) this.max = this.#nextMax
  }

  #read(chunk: Uint8Array): void {
    this.#chunkStart += this.#chunkLength
    this.#chunkLength = chunk.length
    this.chunk = chunk
    this.at = 0
    this.#isLent = false
  }

  #readWaiting(): boolean {
    const chunk = this.#waiting?.take()
    if (chunk === undefined) {
      this.#letGo()
      return false
    }
    this.#read(chunk)
    return true
  }

  // Only what was kept of a chunk is worth holding.
  #letGo(): void {
    if (this.#waiting !== undefined) this.#waiting = undefined
    window.release()
    if (this.#chunkLength > 0) this.#read(noBytes)
  }

  #all(): ReadonlyArray<Decoded<Frame>> {
    const first = this.next()
    if (first === undefined) return none
    const found = [first]
    for (let more = this.next(); more !== undefined; more = this.next()) found.push(more)
    return found
  }

  #close(): void {
    this.#closed = true
    this.#skipping = false
    this.#pending = nothing
    this.#letGo()
  }
}
