/**
 * Chunks to frames that end in a delimiter.
 *
 * @since 0.1.0
 */
import type { Decoded } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import { FramingDecoder } from "../FramingDecoder.ts"
import { viewOf } from "./ByteView.ts"
import { DelimiterCursor } from "./DelimiterCursor.ts"
import { aFrame } from "./DelimiterErrors.ts"
import type { DelimiterSettings } from "./DelimiterSettings.ts"
import { tooLong, truncated } from "./TerminatedErrors.ts"

const headBytes = 16

/** A frame over the limit whose delimiter has not come: with the cursor's state, all that is known of it. */
interface Overlong {
  readonly head: Uint8Array
  length: number
}

/**
 * The receiving half of the delimiter codec.
 *
 * **Shapes**
 *
 * - The bytes of a frame before the longest pending prefix of a delimiter are content, whatever follows: what a delimiter begins with
 *   there would have to be longer than what is pending. So this count never goes down, and where a delimiter ends it is the content.
 *
 * @category models
 * @source FF-32
 * @since 0.1.0
 */
export class DelimiterDecoder extends FramingDecoder<Uint8Array> {
  readonly #settings: DelimiterSettings
  readonly #cursor: DelimiterCursor
  #overlong: Overlong | undefined = undefined

  constructor(settings: DelimiterSettings, cursor?: DelimiterCursor) {
    super("delimiter", settings.maxLength)
    this.#settings = settings
    this.#cursor =
      cursor ??
      new DelimiterCursor(settings.automaton, settings.marks, (_chunk, byte, from) => this.indexOf(byte, from))
  }

  atRest(): boolean {
    return this.isBetweenFrames
  }

  override begin(position: number): void {
    super.begin(position)
    this.#cursor.reset()
  }

  protected decodeNext(): Decoded<Uint8Array> | undefined {
    const end = this.#cursor.find(this.chunk, this.at)
    if (end === -1) return this.#hold()
    if (this.#overlong !== undefined) return this.#endOverlong(this.#overlong, end)
    const delimiter = this.#cursor.pending
    const length = this.kept + end - this.at
    const content = length - delimiter
    if (content > this.max) return this.#tooLongUntil(end, content)
    if (!this.#settings.stripTerminator) return this.takeUntil(end)
    // The delimiter may have begun in an earlier chunk: then what was kept ends with a part of it.
    const frame = this.takeUntil(Math.max(this.at, end - delimiter), end)
    return frame.length > content ? viewOf(frame, 0, content) : frame
  }

  protected decodeAtEof(): Decoded<Uint8Array> | undefined {
    const { failFast, onPartialEof } = this.#settings
    if (this.#overlong !== undefined) {
      return failFast ? undefined : this.#tooLong(this.#overlong.head, this.#overlong.length, true)
    }
    const size = this.kept
    if (size === 0) return undefined
    if (onPartialEof === "error") return truncated(aFrame, this.position, this.headUntil(0), size)
    if (onPartialEof === "drop") return undefined
    // In a frame, what was pending of a delimiter is content, and may pass the limit.
    return size > this.max ? this.#tooLong(this.headUntil(0, this.#headSize()), size, true) : this.takeUntil(0)
  }

  // Keeps the rest of the chunk, in which no delimiter ends.
  #hold(): FrameError | undefined {
    const { at, chunk } = this
    if (this.#overlong !== undefined) {
      this.#overlong.length += chunk.length - at
      return this.skipUntil(chunk.length)
    }
    const length = this.kept + chunk.length - at
    const content = length - this.#cursor.pending
    if (content <= this.max) return this.keepUntil(chunk.length)
    const head = this.headUntil(chunk.length, this.#headSize())
    this.#overlong = { head, length }
    this.beginSkipping()
    this.skipUntil(chunk.length)
    return this.#settings.failFast ? this.#tooLong(head, content, false) : undefined
  }

  #endOverlong({ head, length }: Overlong, end: number): FrameError | undefined {
    const content = length + end - this.at - this.#cursor.pending
    const error = this.#settings.failFast ? undefined : this.#tooLong(head, content, true)
    this.#overlong = undefined
    this.endSkipped(end)
    return error
  }

  #tooLongUntil(end: number, content: number): FrameError {
    const error = this.#tooLong(this.headUntil(end, this.#headSize()), content, true)
    this.endSkipped(end)
    return error
  }

  // With failFast the limit is passed at its first byte too many; that the chunk holds more of the frame must not show.
  #tooLong(head: Uint8Array, content: number, ended: boolean): FrameError {
    const { failFast, onTooLong } = this.#settings
    const size = failFast ? this.max + 1 : content
    const fatal = onTooLong === "fatal"
    return tooLong(aFrame, { position: this.position, head, limit: this.max, size, ended: ended && !failFast, fatal })
  }

  #headSize(): number {
    return Math.min(headBytes, this.max + 1)
  }
}
