/**
 * One connection at the seam: a synchronous half for code that already runs inside a step of its own, and the Effects derived
 * from it.
 *
 * The synchronous half (`…Unsafe`) exists because a server must look and act in one step: whatever was decided between two
 * operations of a fiber may no longer hold in the second. It also is the hot path: no Effect is built for a chunk that is
 * already there or for a write that fits.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Address } from "./Address.ts"
import { format } from "./Address.ts"
import * as Effects from "./ConnectionEffects.ts"
import type { CloseReason } from "./ConnectionEnds.ts"
import { closedLocally, type Operation, type TransportError, transportError } from "./Errors.ts"
import { peerKeyOf } from "./PeerCounts.ts"
import { TransportInput } from "./TransportInput.ts"
import { WakeList } from "./WakeList.ts"

export type { CloseReason, InputEnd } from "./ConnectionEnds.ts"

/**
 * A connection of a transport.
 *
 * **When to use**
 *
 * Extend it to write a transport: implement the protected half, and call `deliverUnsafe`, `finishInputUnsafe`, `roomUnsafe` and
 * `closedUnsafe` as the network reports. Servers do not use it directly; handlers get the `Connection` of the server.
 *
 * **Shapes**
 *
 * - Chunks are 1 byte or more and belong to whoever takes them; the transport never writes to them again.
 * - Bytes given to `write` must not be changed afterwards.
 *
 * **Limits**
 *
 * - Input: `readAheadBytes` and one chunk. Output: the high-water mark and one chunk per `write`.
 *
 * @category models
 * @since 0.1.0
 */
export abstract class Connection extends TransportInput {
  abstract readonly local: Address
  abstract readonly remote: Address
  /** As what its peer is counted: see `peerKeyOf`. */
  get peerKey(): string | undefined {
    return peerKeyOf(this.remote)
  }

  /** Bytes of the outgoing queue that the kernel has not taken yet. */
  abstract queuedUnsafe(): number

  /** Queues bytes; never refuses. */
  protected abstract send(bytes: Uint8Array): void
  /** Sends FIN after the queue. */
  protected abstract sendFin(): void
  /** Gives the descriptor back: `reset` drops everything and sends RST, otherwise what the kernel holds still goes out. */
  protected abstract closeSocket(reset: boolean): void

  private blocked = false

  /** Bytes queued so far. */
  bytesOut = 0
  /** This side has asked for FIN. */
  ended = false
  /** The platform has given the descriptor back. */
  descriptorClosed = false
  /** Why nothing can be written any more. */
  failure: TransportError | undefined

  // --- output ---

  /** Why a write would be refused now, if it would. */
  writeRefusalUnsafe(): TransportError | undefined {
    if (this.failure !== undefined) return this.failure
    return this.ended || this.closeReason !== undefined ? this.closedErrorUnsafe("write") : undefined
  }

  closedErrorUnsafe(operation: Operation): TransportError {
    return this.error(operation, closedLocally)
  }

  /** Writes do not have to wait. After the high-water mark was reached, only once the low-water mark is. */
  hasRoomUnsafe(): boolean {
    const queued = this.queuedUnsafe()
    if (queued >= this.buffers.highWaterMarkBytes) this.blocked = true
    else if (queued <= this.buffers.lowWaterMarkBytes) this.blocked = false
    return !this.blocked
  }

  /** Takes the whole chunk now, room or not; ask `writeRefusalUnsafe` and `hasRoomUnsafe` before. */
  writeUnsafe(bytes: Uint8Array): void {
    this.bytesOut += bytes.length
    this.send(bytes)
  }

  /** Calls `wake` once, when there may be room or the end was reached. */
  onOutputUnsafe(wake: () => void): void {
    const { wakes } = this
    wakes.output ??= new WakeList()
    wakes.output.add(wake)
    this.watch?.blockedUnsafe()
  }

  /** Takes back an `onOutputUnsafe`. */
  offOutputUnsafe(wake: () => void): void {
    this.maybeWakes?.output?.remove(wake)
  }

  /** Suspends until a write does not have to wait, or would be refused. */
  get room(): Effect.Effect<void> {
    return Effects.room(this)
  }

  /**
   * Waits for room, then takes the whole chunk in one step.
   *
   * **Errors**
   *
   * - `TransportError` with operation `write`: nothing of the chunk was taken.
   *
   * **Interruption**
   *
   * - While it waits for room: nothing was taken. Afterwards it has already succeeded.
   */
  write(bytes: Uint8Array): Effect.Effect<void, TransportError> {
    return Effects.write(this, bytes)
  }

  /** Suspends until everything queued was handed to the kernel; fails if the connection ends before. */
  get flush(): Effect.Effect<void, TransportError> {
    return Effects.flush(this)
  }

  /** Sends FIN after the queue, once; reading goes on. */
  endUnsafe(): void {
    if (this.ended || this.closeReason !== undefined) return
    this.ended = true
    this.sendFin()
    this.maybeWakes?.output?.wakeAll()
  }

  get end(): Effect.Effect<void> {
    return Effect.sync(() => this.endUnsafe())
  }

  // --- the end ---

  /** RST now; the queue is dropped. */
  abortUnsafe(): void {
    this.close("reset-sent", true)
  }

  get abort(): Effect.Effect<void> {
    return Effect.sync(() => this.abortUnsafe())
  }

  /** Gives the descriptor back; bytes and FIN that the kernel has taken still go out, the queue is dropped. */
  releaseUnsafe(): void {
    this.close("released", false)
  }

  get release(): Effect.Effect<void> {
    return Effect.sync(() => this.releaseUnsafe())
  }

  /** How the connection ended, once the platform has given its descriptor back. */
  get closed(): Effect.Effect<CloseReason> {
    return Effects.closed(this)
  }

  /** Calls `wake` once, when the platform has given the descriptor back; at once if it has. */
  onClosedUnsafe(wake: () => void): void {
    if (this.descriptorClosed) {
      wake()
      return
    }
    const { wakes } = this
    wakes.closed ??= new WakeList()
    wakes.closed.add(wake)
  }

  /** Takes back an `onClosedUnsafe`. */
  offClosedUnsafe(wake: () => void): void {
    this.maybeWakes?.closed?.remove(wake)
  }

  // --- what a platform calls ---

  /** The queue has shrunk. */
  protected roomUnsafe(): void {
    this.maybeWakes?.output?.wakeAll()
  }

  /** The end is decided: no write succeeds any more, waiting ones fail. Bytes already received can still be taken. */
  protected decideUnsafe(reason: CloseReason, failure?: TransportError): void {
    if (this.closeReason !== undefined) return
    this.closeReason = reason
    this.failure ??= failure
    this.inputEnd ??= failure ?? "closed"
    this.wakeInputUnsafe()
    this.maybeWakes?.output?.wakeAll()
  }

  /** The descriptor was given back. */
  protected closedUnsafe(reason: CloseReason, failure?: TransportError): void {
    this.decideUnsafe(reason, failure)
    if (this.descriptorClosed) return
    this.descriptorClosed = true
    this.maybeWakes?.closed?.wakeAll()
  }

  /** Whether anybody waits for room or for a flush. */
  protected get isOutputAwaited(): boolean {
    return this.maybeWakes?.output?.isEmpty === false
  }

  protected error(operation: Operation, code: string, cause?: unknown): TransportError {
    return transportError(operation, code, format(this.remote), cause)
  }

  private close(reason: CloseReason, reset: boolean): void {
    if (this.closeReason !== undefined) return
    this.decideUnsafe(reason)
    this.closeSocket(reset)
  }
}
