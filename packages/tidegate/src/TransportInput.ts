/**
 * The receiving half of a transport connection: chunks that have arrived and wait for the reader, and the end of the input.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Effects from "./ConnectionEffects.ts"
import type { CloseReason, InputEnd } from "./ConnectionEnds.ts"
import type { Operation, TransportError } from "./Errors.ts"
import type { Buffers } from "./Transport.ts"
import { WakeList, type WakeLists } from "./WakeList.ts"

/**
 * Who measures how long a connection waits, and for what; called in the step in which it happens.
 *
 * @category models
 * @since 0.1.0
 */
export interface WaitWatch {
  /** Somebody begins to wait for input. */
  readonly waitUnsafe: () => void
  /** Nobody waits for input any more, and none has come. */
  readonly waitEndedUnsafe: () => void
  /** The peer's FIN has arrived. */
  readonly peerEndedUnsafe: () => void
  /** Somebody waits for bytes to leave. */
  readonly blockedUnsafe: () => void
}

/**
 * Who waits for the input of one connection again and again: an object, where a function would be one more for each connection.
 *
 * @category models
 * @since 0.1.0
 */
export interface InputReader {
  /** There may be something to take. */
  readonly inputUnsafe: () => void
  /** Reads a chunk that lives only during the call: what is kept of it is copied. False: it was not read. */
  readonly lendUnsafe: (chunk: Uint8Array) => boolean
}

/** What becomes of input that is not read as it comes. */
interface SetAside {
  quiescing: boolean
  discarding: boolean
  discarded: number
}

/**
 * What a connection of a transport receives.
 *
 * **When to use**
 *
 * As part of {@link Connection}, which adds the sending half and the end.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class TransportInput {
  /** Starts or restarts the flow of `deliverUnsafe` calls; not called while it flows. */
  protected abstract startInput(): void
  /** Asks for no further `deliverUnsafe`; one more call may come. */
  protected abstract stopInput(): void
  /** Ends in `finishInputUnsafe("quiesced")` once all that had arrived by now was delivered, without waiting for the peer. */
  protected abstract startQuiesce(): void

  /** The error of an operation that comes after this side has closed or ended; built only for who asks. */
  abstract closedErrorUnsafe(operation: Operation): TransportError

  protected readonly buffers: Buffers
  // Mostly there is one chunk, or none: no array is made for it.
  private first: Uint8Array | undefined
  private others: Array<Uint8Array> | undefined
  private inboxBytes = 0
  private inputFlows = false
  private maybeAside: SetAside | undefined
  /** Woken before those of the list. */
  private reader: InputReader | undefined
  /** Most connections of most servers never have any. */
  protected maybeWakes: WakeLists | undefined

  /** Bytes received so far, without those of a header before them. */
  bytesIn = 0
  /** Set when nothing but the chunks already held can be taken. */
  inputEnd: InputEnd | undefined
  /** The peer's FIN has arrived. */
  peerEnded = false
  /** @internal Where a frame begins that was being skipped when its reader was given up: what comes next is the rest of it. */
  cutFrameAt: number | undefined
  /** How the connection ends, as soon as that is decided; the descriptor may be given back a little later. */
  closeReason: CloseReason | undefined
  /** @internal */
  watch: WaitWatch | undefined

  constructor(buffers: Buffers) {
    this.buffers = buffers
  }

  /** The next chunk, if one is there. `undefined` means: look at `inputEnd`, else wait with `onInputUnsafe`. */
  takeUnsafe(): Uint8Array | undefined {
    const chunk = this.first
    if (chunk === undefined) return undefined
    this.first = this.others?.shift()
    if (this.first === undefined) this.others = undefined
    this.inboxBytes -= chunk.length
    if (!this.inputFlows && this.inboxBytes < this.buffers.readAheadBytes) this.flow()
    return chunk
  }

  /**
   * Begins the input anew behind a header: of all that was taken so far only these bytes were received, and they are taken first
   * again.
   */
  putBackUnsafe(bytes: Uint8Array): void {
    if (bytes.length > 0) this.putFirst(bytes)
    this.bytesIn = this.inboxBytes
  }

  /** Bytes dropped by `discard`. */
  get bytesDiscarded(): number {
    return this.maybeAside === undefined ? 0 : this.maybeAside.discarded
  }

  /** Bytes that were received and taken. */
  get bytesTaken(): number {
    return this.bytesIn - this.inboxBytes
  }

  /** What was taken and is not wanted after all: it is taken first again. */
  giveBackUnsafe(bytes: Uint8Array): void {
    if (bytes.length === 0 || this.isDiscarding) return
    this.putFirst(bytes)
    this.wakeInputUnsafe()
  }

  /** A chunk, or the end of the input, can be taken. */
  isReadableUnsafe(): boolean {
    return this.first !== undefined || this.inputEnd !== undefined
  }

  /** Somebody waits for input. */
  get isInputAwaited(): boolean {
    return this.reader !== undefined || this.maybeWakes?.input?.isEmpty === false
  }

  /** Calls `wake` once, when there may be something to take, and starts reading if it has not started. */
  onInputUnsafe(wake: () => void): void {
    const { wakes } = this
    wakes.input ??= new WakeList()
    wakes.input.add(wake)
    this.beginWait()
  }

  /** Takes back an `onInputUnsafe`. */
  offInputUnsafe(wake: () => void): void {
    this.maybeWakes?.input?.remove(wake)
    if (!this.isInputAwaited) this.watch?.waitEndedUnsafe()
  }

  /** `onInputUnsafe` for a reader, of which there is one at a time. */
  awaitInputUnsafe(reader: InputReader): void {
    this.reader = reader
    this.beginWait()
  }

  /** Takes back an `awaitInputUnsafe`. */
  leaveInputUnsafe(reader: InputReader): void {
    if (this.reader !== reader) return
    this.reader = undefined
    if (!this.isInputAwaited) this.watch?.waitEndedUnsafe()
  }

  /**
   * Stops reading after what has already arrived: then `inputEnd` is `quiesced`, unless it was set before.
   *
   * @source design: no admission after the drain began, but everything received before it is served
   */
  quiesceUnsafe(): void {
    if (this.inputEnd !== undefined || this.isDiscarding) return
    this.aside.quiescing = true
    this.startQuiesce()
    if (!this.inputFlows && this.inboxBytes < this.buffers.readAheadBytes) this.flow()
  }

  /** Somebody has asked for the end of its input. */
  get isQuiescing(): boolean {
    return this.maybeAside?.quiescing === true
  }

  /** Suspends until there is a chunk or the end of the input; consumes nothing, so interrupting it loses nothing. */
  get readable(): Effect.Effect<void> {
    return Effects.readable(this)
  }

  /**
   * The next chunk. Done is the end of the input: the peer's FIN, or the end that this side asked for by quiescing.
   *
   * **Interruption**
   *
   * - While it waits nothing is lost. A chunk already taken can be lost if the fiber is interrupted before it uses it: race or
   *   interrupt `readable`, not `read`.
   */
  get read(): Pull.Pull<Uint8Array, TransportError> {
    return Effects.read(this)
  }

  /**
   * Drops all input from now on, until the peer's FIN, the end of the connection, or more than `maxBytes`.
   *
   * **Shapes**
   *
   * - true: the peer ended or the connection is closed; false: the peer sent too much.
   *
   * @source FF-08: closing with unread input sends RST, which destroys replies the peer has not read yet
   */
  discard(maxBytes: number): Effect.Effect<boolean> {
    return Effects.discard(this, maxBytes)
  }

  /** Starts what `discard` waits for. */
  discardUnsafe(): void {
    this.aside.discarding = true
    this.first = undefined
    this.others = undefined
    this.inboxBytes = 0
    if (!this.inputFlows) this.flow()
  }

  // --- what a platform calls ---

  /** A chunk has arrived. Nobody is woken: call `wakeInputUnsafe` when the turn's chunks are in. */
  protected deliverUnsafe(chunk: Uint8Array): void {
    this.bytesIn += chunk.length
    if (this.maybeAside?.discarding === true) {
      this.maybeAside.discarded += chunk.length
      return
    }
    if (this.first === undefined) this.first = chunk
    else (this.others ??= []).push(chunk)
    this.inboxBytes += chunk.length
    if (this.inboxBytes >= this.buffers.readAheadBytes) this.pause()
  }

  /**
   * A chunk has arrived in memory that the transport will write to again; false: it was not read, deliver a copy.
   *
   * **Shapes**
   *
   * - Whoever reads it does so inside this call, and wakes on its own. Nothing that came before it may be waiting.
   */
  protected lendUnsafe(chunk: Uint8Array): boolean {
    const { reader } = this
    if (reader === undefined || this.first !== undefined || this.isDiscarding || this.inputEnd !== undefined)
      return false
    this.bytesIn += chunk.length
    if (reader.lendUnsafe(chunk)) return true
    this.bytesIn -= chunk.length
    return false
  }

  /** Wakes who waits for input. */
  protected wakeInputUnsafe(): void {
    const { reader } = this
    this.reader = undefined
    reader?.inputUnsafe()
    this.maybeWakes?.input?.wakeAll()
  }

  /** The peer's FIN was read, the input was quiesced, or reading failed. */
  protected finishInputUnsafe(end: InputEnd): void {
    if (end === "quiesced") this.pause()
    else if (end === "eof") this.peerEndedUnsafe()
    this.inputEnd ??= end
    this.wakeInputUnsafe()
  }

  private peerEndedUnsafe(): void {
    this.peerEnded = true
    this.watch?.peerEndedUnsafe()
  }

  /** Whether the input is being dropped. */
  protected get isDiscarding(): boolean {
    return this.maybeAside?.discarding === true
  }

  /** `deliverUnsafe` is asked for. */
  protected get isFlowing(): boolean {
    return this.inputFlows
  }

  protected get wakes(): WakeLists {
    return (this.maybeWakes ??= { input: undefined, output: undefined, closed: undefined })
  }

  private get aside(): SetAside {
    return (this.maybeAside ??= { quiescing: false, discarding: false, discarded: 0 })
  }

  private putFirst(bytes: Uint8Array): void {
    if (this.first !== undefined) (this.others ??= []).unshift(this.first)
    this.first = bytes
    this.inboxBytes += bytes.length
    if (this.inboxBytes >= this.buffers.readAheadBytes) this.pause()
  }

  private beginWait(): void {
    this.watch?.waitUnsafe()
    if (!this.inputFlows && this.inboxBytes < this.buffers.readAheadBytes) this.flow()
  }

  private flow(): void {
    if (this.closeReason !== undefined) return
    // After the end only discarding reads on: taking the last chunks of a quiesced input must not start it again.
    if (this.inputEnd !== undefined && !this.isDiscarding) return
    this.inputFlows = true
    this.startInput()
  }

  private pause(): void {
    if (!this.inputFlows || this.isDiscarding) return
    this.inputFlows = false
    this.stopInput()
  }
}
