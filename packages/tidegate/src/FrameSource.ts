/**
 * What a connection has received, as frames: the decoding half of the frame loop. Synchronous, and never looks further than the
 * next chunk, so what is not asked for stays with the transport, whose bound holds.
 */
import type { Decoded, Decoder } from "@tidegate/codec/Codec"
import * as Exit from "effect/Exit"
import type { TransportError } from "./Errors.ts"
import type { TransportInput } from "./TransportInput.ts"

const nothing: ReadonlyArray<never> = []

export class FrameSource<In> {
  private readonly input: TransportInput
  private readonly decoder: Decoder<In>
  private frames: ReadonlyArray<Decoded<In>> = nothing
  private nextFrame = 0
  private begunUnfinished = 0

  /** The unfinished frame that is held, counted from 1; 0: there is none. */
  unfinishedFrame = 0
  /** No further frame will come. */
  isOver = false
  /** Why not, where the input did not simply end: a failure of the connection, or a defect of the decoder. */
  failure: Exit.Exit<never, TransportError> | undefined

  constructor(input: TransportInput, decoder: Decoder<In>) {
    this.input = input
    this.decoder = decoder
  }

  /** Whether `takeUnsafe` has a frame; decodes chunk after chunk until it has, or nothing more has arrived. */
  isReadyUnsafe(): boolean {
    while (this.nextFrame === this.frames.length) if (!this.decodeNext()) return false
    return true
  }

  /** The next frame, or the error that stands in its place; only after `isReadyUnsafe`. */
  takeUnsafe(): Decoded<In> {
    return this.frames[this.nextFrame++] as Decoded<In>
  }

  /** Drops what was not taken: nothing behind a frame that cannot be decoded counts. */
  endUnsafe(): void {
    this.isOver = true
    this.hold(nothing)
  }

  /** False when there is neither a chunk nor the end of the input. */
  private decodeNext(): boolean {
    if (this.isOver) return false
    try {
      return this.decodeChunkOrEnd()
    } catch (defect) {
      // A codec's defect is a failure of this connection, in its place behind the frames before it.
      this.endUnsafe()
      this.failure = Exit.die(defect)
      return true
    }
  }

  private decodeChunkOrEnd(): boolean {
    const chunk = this.input.takeUnsafe()
    if (chunk !== undefined) {
      this.hold(this.decoder.push(chunk))
      this.noteUnfinished()
      return true
    }
    const end = this.input.inputEnd
    if (end === undefined) return false
    this.isOver = true
    if (end === "eof") this.hold(this.decoder.end())
    else if (end === "closed") this.failure = Exit.fail(this.input.closedErrorUnsafe("read"))
    else if (end !== "quiesced") this.failure = Exit.fail(end)
    return true
  }

  /** What is held after a chunk that has completed something has begun in that chunk. */
  private noteUnfinished(): void {
    if (this.decoder.pendingBytes === 0) this.unfinishedFrame = 0
    else if (this.unfinishedFrame === 0 || this.frames.length > 0) this.unfinishedFrame = ++this.begunUnfinished
  }

  private hold(frames: ReadonlyArray<Decoded<In>>): void {
    this.frames = frames
    this.nextFrame = 0
  }
}
