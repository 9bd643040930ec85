/**
 * Chunks to lines.
 *
 * @since 0.1.0
 */

import type { Decoded, Decoder } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import { type IndexOfByte, indexOfByte } from "./ByteSearch.ts"
import { viewOf } from "./ByteView.ts"
import { lineTooLong, lineTruncated } from "./LineErrors.ts"
import type { LineSettings } from "./LineSettings.ts"
import { PendingBytes } from "./PendingBytes.ts"

const LF = 10
const CR = 13
const headBytes = 16
const none: ReadonlyArray<never> = Object.freeze([])
const noBytes = new Uint8Array(0)

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
 * - `push` returns one shared, frozen, empty array when a chunk completes nothing.
 *
 * @category models
 * @source FF-32
 * @since 0.1.0
 */
export class LineDecoder<Frame> implements Decoder<Frame> {
  readonly #settings: LineSettings
  readonly #toFrame: (bytes: Uint8Array, position: number) => Decoded<Frame>
  readonly #indexOf: IndexOfByte
  readonly #pending = new PendingBytes()
  #overlong: Overlong | undefined = undefined
  #lineStart = 0
  #closed = false

  constructor(
    settings: LineSettings,
    toFrame: (bytes: Uint8Array, position: number) => Decoded<Frame>,
    indexOf: IndexOfByte = indexOfByte
  ) {
    this.#settings = settings
    this.#toFrame = toFrame
    this.#indexOf = indexOf
  }

  get pendingBytes(): number {
    return this.#pending.length
  }

  get closed(): boolean {
    return this.#closed
  }

  push(chunk: Uint8Array): ReadonlyArray<Decoded<Frame>> {
    if (this.#closed) return none
    const lineFeed = this.#indexOf(chunk, LF, 0)
    if (lineFeed === -1) {
      const error = this.#hold(chunk, 0)
      return error === undefined ? none : [error]
    }
    const found: Array<Decoded<Frame>> = []
    const rest = this.#splitUntilClosed(chunk, lineFeed, found)
    if (this.#closed) return found
    const error = this.#hold(chunk, rest)
    if (error !== undefined) found.push(error)
    return found
  }

  end(): ReadonlyArray<Decoded<Frame>> {
    const last = this.#endAtEof()
    this.#close()
    return last === undefined ? none : [last]
  }

  // Returns where the line that the chunk leaves unfinished begins.
  #splitUntilClosed(chunk: Uint8Array, firstLineFeed: number, found: Array<Decoded<Frame>>): number {
    const { carriageReturn, maxLength, stripTerminator } = this.#settings
    const indexOf = this.#indexOf
    const toFrame = this.#toFrame
    let start = 0
    let lineFeed = firstLineFeed
    if (this.#pending.length > 0 || this.#overlong !== undefined) {
      this.#endBegunLine(chunk, lineFeed, found)
      start = lineFeed + 1
      lineFeed = indexOf(chunk, LF, start)
    }
    while (lineFeed !== -1 && !this.#closed) {
      const endsInCr = carriageReturn === "strip" && lineFeed > start && chunk[lineFeed - 1] === CR
      const end = endsInCr ? lineFeed - 1 : lineFeed
      if (end - start > maxLength) {
        found.push(this.#tooLong(this.#headOf(chunk, start, end), end - start, true))
      } else {
        found.push(toFrame(viewOf(chunk, start, stripTerminator ? end : lineFeed + 1), this.#lineStart))
      }
      this.#lineStart += lineFeed + 1 - start
      start = lineFeed + 1
      lineFeed = indexOf(chunk, LF, start)
    }
    return start
  }

  #endBegunLine(chunk: Uint8Array, lineFeed: number, found: Array<Decoded<Frame>>): void {
    const before = this.#overlong ?? this.#pending
    const length = before.length + lineFeed
    const content = this.#contentLength(length, lineFeed > 0 ? chunk[lineFeed - 1] : before.lastByte)
    if (this.#overlong !== undefined) {
      const { head } = this.#overlong
      this.#overlong = undefined
      if (!this.#settings.failFast) found.push(this.#tooLong(head, content, true))
    } else if (content > this.#settings.maxLength) {
      found.push(this.#tooLong(this.#headOf(chunk, 0, lineFeed), content, true))
    } else {
      found.push(this.#toFrame(this.#joinLine(chunk, lineFeed, content), this.#lineStart))
    }
    this.#lineStart += length + 1
  }

  #joinLine(chunk: Uint8Array, lineFeed: number, content: number): Uint8Array {
    if (!this.#settings.stripTerminator) return this.#pending.take(chunk, 0, lineFeed + 1)
    // Negative where the CR of the terminator is the last pending byte.
    const missing = content - this.#pending.length
    return missing < 0 ? viewOf(this.#pending.take(chunk, 0, 0), 0, content) : this.#pending.take(chunk, 0, missing)
  }

  // Keeps `chunk[start, end)`, in which there is no LF.
  #hold(chunk: Uint8Array, start: number): FrameError | undefined {
    const lastByte = chunk[chunk.length - 1]
    if (start === chunk.length || lastByte === undefined) return undefined
    if (this.#overlong !== undefined) {
      this.#overlong.length += chunk.length - start
      this.#overlong.lastByte = lastByte
      return undefined
    }
    const length = this.#pending.length + chunk.length - start
    const content = this.#contentLength(length, lastByte)
    if (content <= this.#settings.maxLength) {
      this.#pending.append(chunk, start, chunk.length)
      return undefined
    }
    const head = this.#headOf(chunk, start, chunk.length)
    this.#overlong = { head, length, lastByte }
    return this.#settings.failFast ? this.#tooLong(head, content, false) : undefined
  }

  #endAtEof(): Decoded<Frame> | undefined {
    const { failFast, maxLength, onPartialEof } = this.#settings
    if (this.#overlong !== undefined) {
      return failFast ? undefined : this.#tooLong(this.#overlong.head, this.#overlong.length, true)
    }
    const size = this.#pending.length
    if (size === 0) return undefined
    // A CR that waited for its LF is content now and may be the byte that passes the limit.
    if (size > maxLength) return this.#tooLong(this.#pending.first(this.#headSize()), size, true)
    if (onPartialEof === "error") return lineTruncated(this.#lineStart, this.#pending.first(headBytes), size)
    return onPartialEof === "emit" ? this.#toFrame(this.#pending.take(noBytes, 0, 0), this.#lineStart) : undefined
  }

  #contentLength(length: number, lastByte: number | undefined): number {
    return this.#settings.carriageReturn === "strip" && lastByte === CR ? length - 1 : length
  }

  // With failFast the limit is passed at its first byte too many; that the chunk holds more of the line must not show.
  #tooLong(head: Uint8Array, content: number, ended: boolean): FrameError {
    const { failFast, maxLength, onTooLong } = this.#settings
    const fatal = onTooLong === "fatal"
    if (fatal) this.#close()
    const size = failFast ? maxLength + 1 : content
    const position = this.#lineStart
    return lineTooLong({ position, head, limit: maxLength, size, ended: ended && !failFast, fatal })
  }

  #headSize(): number {
    return Math.min(headBytes, this.#settings.maxLength + 1)
  }

  // The first bytes of the line that `chunk[start, end)` goes on with; what is pending of it is given up.
  #headOf(chunk: Uint8Array, start: number, end: number): Uint8Array {
    this.#pending.append(chunk, start, Math.min(end, start + headBytes))
    const head = this.#pending.first(this.#headSize())
    this.#pending.clear()
    return head
  }

  #close(): void {
    this.#closed = true
    this.#pending.clear()
    this.#overlong = undefined
  }
}
