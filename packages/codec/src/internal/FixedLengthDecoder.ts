/**
 * Chunks to frames of one length.
 *
 * @since 0.1.0
 */
import type { Decoded } from "../Codec.ts"
import { FrameError } from "../FrameError.ts"
import { FramingDecoder } from "../FramingDecoder.ts"
import type { FixedLengthSettings } from "./FixedLengthSettings.ts"
import { bytes } from "./Words.ts"

/**
 * The receiving half of the fixed-length codec: counts, and looks at no byte.
 *
 * @category models
 * @since 0.1.0
 */
export class FixedLengthDecoder extends FramingDecoder<Uint8Array> {
  readonly #settings: FixedLengthSettings

  constructor(settings: FixedLengthSettings) {
    super("fixed")
    this.#settings = settings
  }

  atRest(): boolean {
    return this.isBetweenFrames
  }

  protected decodeNext(): Decoded<Uint8Array> | undefined {
    const { length } = this.#settings
    if (length > this.max) return this.#tooLong()
    const end = this.at + length - this.kept
    return end > this.chunk.length ? this.keepUntil(this.chunk.length) : this.takeUntil(end)
  }

  protected decodeAtEof(): Decoded<Uint8Array> | undefined {
    if (this.kept === 0) return undefined
    const { onPartialEof } = this.#settings
    if (onPartialEof === "error") return this.#truncated()
    return onPartialEof === "emit" ? this.takeUntil(0) : undefined
  }

  // The length is known before the first byte comes, so that byte is all of the frame that is ever looked at.
  #tooLong(): FrameError {
    const { length } = this.#settings
    return new FrameError({
      kind: "frame_too_long",
      message: `frame at byte ${this.position} has ${bytes(length)}, allowed are ${this.max}`,
      position: this.position,
      fatal: true,
      head: this.headUntil(this.at + 1),
      limit: this.max,
      size: length
    })
  }

  #truncated(): FrameError {
    const { length } = this.#settings
    const missing = length - this.kept
    return new FrameError({
      kind: "truncated",
      message: `frame at byte ${this.position} was cut off by EOF after ${this.kept} of ${bytes(length)}`,
      position: this.position,
      fatal: true,
      head: this.headUntil(0),
      size: this.kept,
      missing
    })
  }
}
