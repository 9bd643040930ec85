/**
 * Chunks to lines.
 *
 * @since 0.1.0
 */

import type { Decoded } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import { FramingDecoder } from "../FramingDecoder.ts"
import { viewOf } from "./ByteView.ts"
import { aLine } from "./LineErrors.ts"
import { type LineSettings, longestContent } from "./LineSettings.ts"
import { tooLong, truncated } from "./TerminatedErrors.ts"

const LF = 10
const CR = 13
const headBytes = 16

/** A line over the limit whose LF has not come: all that is known of it, in constant memory. */
interface Overlong {
  readonly head: Uint8Array
  length: number
  lastByte: number
}

/**
 * The receiving half of the line codec.
 *
 * **Shapes**
 *
 * - `toFrame` makes the frame of a line: of its bytes as the settings want them, and their position in the stream.
 * - Every byte is searched once: `indexOf` is called on the new chunk only, from where the last line ended.
 *
 * @category models
 * @source FF-32
 * @since 0.1.0
 */
export class LineDecoder<Frame> extends FramingDecoder<Frame> {
  readonly #settings: LineSettings
  readonly #toFrame: (bytes: Uint8Array, position: number) => Decoded<Frame>
  #overlong: Overlong | undefined = undefined

  constructor(settings: LineSettings, toFrame: (bytes: Uint8Array, position: number) => Decoded<Frame>) {
    super("line", settings.maxLength)
    this.#settings = settings
    this.#toFrame = toFrame
  }

  atRest(): boolean {
    return this.isBetweenFrames
  }

  protected decodeNext(): Decoded<Frame> | undefined {
    const lineFeed = this.indexOf(LF)
    if (lineFeed === -1) return this.#hold()
    if (this.#overlong !== undefined) return this.#endOverlong(this.#overlong, lineFeed)
    const { at, position } = this
    const length = this.kept + lineFeed - at
    const content = this.#contentLength(length, lineFeed > at ? this.chunk[lineFeed - 1] : this.lastKept)
    if (content > this.max) return this.#tooLongUntil(lineFeed, content)
    if (!this.#settings.stripTerminator) return this.#toFrame(this.takeUntil(lineFeed + 1), position)
    // The CR before the LF is left out of the view, or taken off where it came in an earlier chunk.
    const end = lineFeed - (length - content)
    const line = end >= at ? this.takeUntil(end, lineFeed + 1) : viewOf(this.takeUntil(at, lineFeed + 1), 0, content)
    return this.#toFrame(line, position)
  }

  protected decodeAtEof(): Decoded<Frame> | undefined {
    const { failFast, onPartialEof } = this.#settings
    const { position } = this
    if (this.#overlong !== undefined) {
      return failFast ? undefined : this.#tooLong(this.#overlong.head, this.#overlong.length, true)
    }
    const size = this.kept
    if (size === 0) return undefined
    if (onPartialEof === "error") return truncated(aLine, position, this.headUntil(0), size)
    if (onPartialEof === "drop") return undefined
    // In a frame, a CR that waited for its LF is content and may be the byte that passes the limit.
    if (size > this.max) return this.#tooLong(this.headUntil(0, this.#headSize()), size, true)
    return this.#toFrame(this.takeUntil(0), position)
  }

  protected override withinReach(max: number): number {
    return Math.min(max, longestContent(this.#settings.encoding))
  }

  // Keeps the rest of the chunk, in which there is no LF.
  #hold(): FrameError | undefined {
    const { at, chunk } = this
    const lastByte = chunk[chunk.length - 1] ?? 0
    if (this.#overlong !== undefined) {
      this.#overlong.length += chunk.length - at
      this.#overlong.lastByte = lastByte
      return this.skipUntil(chunk.length)
    }
    const length = this.kept + chunk.length - at
    const content = this.#contentLength(length, lastByte)
    if (content <= this.max) return this.keepUntil(chunk.length)
    const head = this.headUntil(chunk.length, this.#headSize())
    this.#overlong = { head, length, lastByte }
    this.beginSkipping()
    this.skipUntil(chunk.length)
    return this.#settings.failFast ? this.#tooLong(head, content, false) : undefined
  }

  #endOverlong({ head, lastByte, length }: Overlong, lineFeed: number): FrameError | undefined {
    const ended = length + lineFeed - this.at
    const content = this.#contentLength(ended, lineFeed > this.at ? this.chunk[lineFeed - 1] : lastByte)
    const error = this.#settings.failFast ? undefined : this.#tooLong(head, content, true)
    this.#overlong = undefined
    this.endSkipped(lineFeed + 1)
    return error
  }

  #tooLongUntil(lineFeed: number, content: number): FrameError {
    const error = this.#tooLong(this.headUntil(lineFeed, this.#headSize()), content, true)
    this.endSkipped(lineFeed + 1)
    return error
  }

  #contentLength(length: number, lastByte: number | undefined): number {
    return this.#settings.carriageReturn === "strip" && lastByte === CR && length > 0 ? length - 1 : length
  }

  // With failFast the limit is passed at its first byte too many; that the chunk holds more of the line must not show.
  #tooLong(head: Uint8Array, content: number, ended: boolean): FrameError {
    const { failFast, onTooLong } = this.#settings
    const size = failFast ? this.max + 1 : content
    const fatal = onTooLong === "fatal"
    return tooLong(aLine, { position: this.position, head, limit: this.max, size, ended: ended && !failFast, fatal })
  }

  #headSize(): number {
    return Math.min(headBytes, this.max + 1)
  }
}
