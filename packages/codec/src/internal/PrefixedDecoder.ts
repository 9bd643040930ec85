/**
 * What all decoders have in common whose frames say first how long they are.
 *
 * @since 0.1.0
 */
import type { Decoded } from "../Codec.ts"
import type { FrameError } from "../FrameError.ts"
import { FramingDecoder } from "../FramingDecoder.ts"
import type { Announced, LengthReader, Untrue } from "./LengthReader.ts"
import { badLength, badTerminator, prefixedTooLong, prefixedTruncated } from "./PrefixedErrors.ts"
import { sum } from "./Whole.ts"

/**
 * What the options of all of them say.
 *
 * @category options
 * @since 0.1.0
 */
export interface PrefixedSettings {
  readonly name: string
  readonly maxLength: number
  readonly maxAppliesTo: "frame" | "field"
  readonly onTooLong: "discard" | "fatal"
  readonly onPartialEof: "error" | "drop" | "emit"
}

/**
 * The receiving half of a codec whose frames announce their length.
 *
 * **Shapes**
 *
 * - A frame is refused when its length is complete, before anything of its content is kept.
 *
 * @category models
 * @source FF-34
 * @since 0.1.0
 */
export class PrefixedDecoder extends FramingDecoder<Uint8Array> {
  readonly #settings: PrefixedSettings
  readonly #reader: LengthReader
  #announced: Announced | undefined = undefined
  #toSkip = 0

  constructor(settings: PrefixedSettings, reader: LengthReader) {
    super(settings.name, settings.maxLength)
    this.#settings = settings
    this.#reader = reader
  }

  atRest(): boolean {
    return this.isBetweenFrames
  }

  protected decodeNext(): Decoded<Uint8Array> | undefined {
    if (this.isSkipping) return this.#skip()
    const found = this.#announced ?? this.#readLength()
    if (found === undefined) return this.keepUntil(this.chunk.length)
    if ("why" in found) return this.#untrue(found)
    if (found.counted > this.max) return this.#refuse(found)
    const total = Number(found.total)
    const end = this.at + total - this.kept
    if (end > this.chunk.length) {
      this.#announced = found
      return this.keepUntil(this.chunk.length, total)
    }
    this.#announced = undefined
    const last = this.#reader.end
    if (last === undefined) return this.takeUntil(end, end, found.strip)
    return this.chunk[end - 1] === last ? this.takeUntil(end - 1, end, found.strip) : this.#otherEnd(end, last, found)
  }

  protected decodeAtEof(): Decoded<Uint8Array> | undefined {
    const { kept } = this
    const { onPartialEof } = this.#settings
    // Of a frame that is discarded nothing is kept.
    if (kept === 0 || onPartialEof === "drop") return undefined
    if (onPartialEof === "emit") return this.takeUntil(0, 0, Math.min(kept, this.#strip()))
    const announced = this.#announced
    return prefixedTruncated({
      position: this.position,
      head: this.headUntil(0),
      size: kept,
      missing: announced === undefined ? this.#missingOfHeader() : sum(announced.total, -kept),
      inHeader: announced === undefined
    })
  }

  #readLength(): Announced | Untrue | undefined {
    const { at, chunk, kept } = this
    const { fixedHeader } = this.#reader
    if (kept === 0 || fixedHeader === undefined) return this.#reader.read(chunk, at, kept)
    const end = at + fixedHeader.size - kept
    return end > chunk.length ? undefined : this.#reader.read(this.headUntil(end, fixedHeader.size), 0, 0)
  }

  // Of a header that has not ended all is cut off, unless it is known to be kept.
  #strip(): number {
    return this.#announced?.strip ?? this.#reader.fixedHeader?.strip ?? this.kept
  }

  #missingOfHeader(): number | undefined {
    const { fixedHeader } = this.#reader
    return fixedHeader === undefined ? undefined : fixedHeader.size - this.kept
  }

  #untrue({ seen, size, why }: Untrue): FrameError {
    return badLength({ position: this.position, head: this.headUntil(this.at + seen - this.kept), why, size })
  }

  #otherEnd(end: number, last: number, { counted: size }: Announced): FrameError {
    const byte = this.chunk[end - 1] ?? 0
    return badTerminator({ position: this.position, head: this.headUntil(end), byte, last, size })
  }

  #refuse({ counted, header, total }: Announced): FrameError {
    const { maxAppliesTo, onTooLong } = this.#settings
    const { max: limit, position } = this
    const end = this.at + header - this.kept
    const fatal = onTooLong === "fatal"
    const error = prefixedTooLong({ position, head: this.headUntil(end), limit, counted, maxAppliesTo, fatal })
    if (fatal) return error
    // Rounded above 2 ** 53 only: no stream is that long.
    this.#toSkip = Number(sum(total, -header))
    this.beginSkipping()
    this.skipUntil(end)
    // At once, so that what `detach` gives after the error holds as little of the frame as there can be.
    this.#skip()
    return error
  }

  #skip(): undefined {
    const end = this.at + this.#toSkip
    if (end <= this.chunk.length) {
      this.endSkipped(end)
      return undefined
    }
    this.#toSkip -= this.chunk.length - this.at
    return this.skipUntil(this.chunk.length)
  }
}
