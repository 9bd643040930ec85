/**
 * What a connection has received, as frames, one at a time. Synchronous, and never looks further than it is asked to: what stands
 * behind a frame is not decoded before that frame was taken, and chunks that are not needed yet stay with the transport, whose bound
 * holds.
 */
import type { Decoded, Decoder } from "@tidegate/codec/Codec"
import { FrameError } from "@tidegate/codec/FrameError"
import * as Exit from "effect/Exit"
import type { TransportError } from "./Errors.ts"
import { FrameFailure } from "./FrameErrors.ts"
import type { RestingDecoders } from "./RestingDecoders.ts"
import type { TransportInput } from "./TransportInput.ts"

type Failure = Exit.Exit<never, TransportError | FrameFailure>

/** How reading has ended. */
interface Over<In> {
  /** What the end of the input has brought, and how much of it was taken. */
  readonly last: ReadonlyArray<Decoded<In>>
  taken: number
  readonly failure: Failure | undefined
}

const nothing: ReadonlyArray<never> = []
const noBytes = new Uint8Array(0)

export class FrameSource<out In> {
  private readonly input: TransportInput
  private readonly decoders: RestingDecoders<In>
  /** `undefined`: at rest. */
  private decoder: Decoder<In> | undefined
  /** The decoder has said so, and was fed nothing since. */
  private isExhausted = true
  private over: Over<In> | undefined

  /** Where in the connection's input the codec's first byte stands. */
  readonly origin: number

  constructor(input: TransportInput, decoders: RestingDecoders<In>, origin = input.bytesTaken) {
    this.input = input
    this.decoders = decoders
    this.decoder = decoders.take(0)
    this.origin = origin
    if (input.cutFrameAt !== undefined) this.endUnsafe(cutOff(input.cutFrameAt))
  }

  /** No further byte is read. */
  get isOver(): boolean {
    return this.over !== undefined
  }

  /** Why not, where the input did not simply end: a failure of the connection, a frame that cannot be got over, a defect. */
  get failure(): Failure | undefined {
    return this.over?.failure
  }

  /** The next frame, or the error that stands in its place; `undefined`: there is none now, or, once `isOver`, ever. */
  nextUnsafe(): Decoded<In> | undefined {
    try {
      while (this.over === undefined) {
        const frame = this.isExhausted ? undefined : this.decoder?.next()
        if (frame !== undefined) return frame
        this.isExhausted = true
        if (!this.readUnsafe()) {
          this.restUnsafe()
          return undefined
        }
      }
      return this.over.last[this.over.taken++]
    } catch (defect) {
      // A codec's defect is a failure of this connection, in its place behind the frames before it.
      this.endUnsafe(Exit.die(defect))
      return undefined
    }
  }

  /** Reads a chunk that lives until {@link settleUnsafe}; false: not this one. A defect counts as reading, and is found there. */
  lendUnsafe(chunk: Uint8Array): boolean {
    try {
      if (this.isOver || this.awake(this.input.bytesTaken - chunk.length).lend?.(chunk) !== true) return false
      this.isExhausted = false
    } catch (defect) {
      this.endUnsafe(Exit.die(defect))
    }
    return true
  }

  /** False: nothing behind this counts, which nobody knows yet. */
  settleUnsafe(): boolean {
    try {
      this.decoder?.settle?.()
      if (this.isExhausted) this.restUnsafe()
      return true
    } catch (defect) {
      if (this.isOver) return true
      this.endUnsafe(Exit.die(defect))
      return false
    }
  }

  /** Whether `nextUnsafe` may have something: bytes that are not decoded yet, or news of the input. */
  hasMoreUnsafe(): boolean {
    if (this.over !== undefined) return this.over.taken < this.over.last.length
    return this.pendingBytes > 0 || this.input.isReadableUnsafe()
  }

  /** The unfinished frame, counted from 1 and never the same for two; 0: there is none. One that is being skipped is one, too. */
  get unfinishedFrame(): number {
    const { decoder } = this
    if (decoder === undefined) return 0
    return !this.isOver && (decoder.inFrame || decoder.pendingBytes > 0) ? this.origin + decoder.position + 1 : 0
  }

  setMaxLengthUnsafe(bytes: number | null): void {
    this.awake(this.input.bytesTaken).setMaxLength(bytes)
  }

  /** Copies the first bytes behind the frames so far; reads on for them as far as something has arrived. */
  peekUnsafe(count: number): Uint8Array {
    while (!this.isOver && this.pendingBytes < count && this.feedUnsafe());
    return this.decoder === undefined ? noBytes : this.decoder.peek(count)
  }

  /** Nothing behind this counts. */
  endUnsafe(failure?: Failure, last: ReadonlyArray<Decoded<In>> = nothing): void {
    this.over = { last, taken: 0, failure }
  }

  /** The same input from the next byte on, for another codec; nothing more comes from here. */
  switchUnsafe<To>(decoders: RestingDecoders<To>): FrameSource<To> {
    this.noteCutFrame()
    const rest = this.detach()
    const next = new FrameSource(this.input, decoders, this.input.bytesTaken - rest.length)
    if (!next.isOver) next.feed(rest)
    // The end of the input is found anew; a stream that has lost its frames has lost them for every codec.
    if (this.failure !== undefined) next.endUnsafe(this.failure)
    this.endUnsafe()
    return next
  }

  /** Whoever reads the connection next gets first what no frame was made of. */
  giveBackUnsafe(): void {
    if (this.failure !== undefined) return
    this.noteCutFrame()
    this.input.giveBackUnsafe(this.detach())
    this.endUnsafe()
  }

  /** Bytes of a frame that is being skipped are gone already: the rest of it must not be taken for frames. */
  private noteCutFrame(): void {
    const { decoder, input, origin } = this
    if (this.isOver || decoder === undefined || !decoder.inFrame) return
    const at = origin + decoder.position
    if (input.bytesTaken - at > decoder.pendingBytes) input.cutFrameAt = at
  }

  /** False when there is neither a chunk nor the end of the input. */
  private readUnsafe(): boolean {
    if (this.takesMore && this.feedUnsafe()) return true
    const end = this.input.inputEnd
    if (end === undefined) return false
    if (end === "eof") this.endUnsafe(undefined, this.decoder?.end())
    else if (end === "closed") this.endUnsafe(Exit.fail(this.input.closedErrorUnsafe("read")))
    else this.endUnsafe(end === "quiesced" ? undefined : Exit.fail(end))
    return true
  }

  /** One that holds bytes and is in no frame, although it was asked for all of them, only waits to be detached. */
  private get takesMore(): boolean {
    return this.decoder === undefined || this.decoder.inFrame || this.decoder.pendingBytes === 0
  }

  private feedUnsafe(): boolean {
    const chunk = this.input.takeUnsafe()
    if (chunk === undefined) return false
    this.feed(chunk)
    return true
  }

  private feed(chunk: Uint8Array): void {
    this.isExhausted = false
    this.awake(this.input.bytesTaken - chunk.length).feed(chunk)
  }

  private get pendingBytes(): number {
    return this.decoder === undefined ? 0 : this.decoder.pendingBytes
  }

  private detach(): Uint8Array {
    return this.decoder === undefined ? noBytes : this.decoder.detach()
  }

  /** Its decoder, or one for which the next byte stands here in the connection's input. */
  private awake(at: number): Decoder<In> {
    return (this.decoder ??= this.decoders.take(at - this.origin))
  }

  private restUnsafe(): void {
    const { decoder, decoders } = this
    if (decoder !== undefined && decoders.put(decoder)) this.decoder = undefined
  }
}

const cutOff = (position: number): Exit.Exit<never, FrameFailure> => {
  const message = `the frame at byte ${position} was being skipped when its reader was given up: what follows is the rest of it`
  const error = new FrameError({ kind: "truncated", message, position, fatal: true })
  return Exit.fail(new FrameFailure({ operation: "decode", codec: "any", error }))
}
