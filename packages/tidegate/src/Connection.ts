/**
 * A connection as a handler sees it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import type { Address } from "./Address.ts"
import type { TransportError } from "./Errors.ts"
import type * as Transport from "./TransportConnection.ts"
import { WakeList, waitUntil } from "./WakeList.ts"
import { type FrameBytes, Writer } from "./Writer.ts"

/**
 * A live connection.
 *
 * **When to use**
 *
 * In a handler: read chunks, write whole frames, learn that a drain has begun. The server closes it when the handler ends.
 *
 * **Shapes**
 *
 * - `id` counts from 1 per server. `peer` and `local` were captured at accept.
 *
 * @category models
 * @since 0.1.0
 */
export class Connection {
  readonly id: number
  /** The wire under this connection. Reading or closing it behind the server's back breaks the drain. */
  readonly transport: Transport.Connection
  /** @internal */
  readonly writer: Writer
  private drainBegan = false
  private drainWakes: WakeList | undefined
  /** Frames (or handlers) whose reply is owed. */
  inFlight = 0
  /** Frames handed to the handler so far. */
  framesIn = 0

  constructor(id: number, transport: Transport.Connection) {
    this.id = id
    this.transport = transport
    this.writer = new Writer(transport)
  }

  get peer(): Address {
    return this.transport.remote
  }

  get local(): Address {
    return this.transport.local
  }

  get bytesIn(): number {
    return this.transport.bytesIn
  }

  get bytesOut(): number {
    return this.transport.bytesOut
  }

  /**
   * The next chunk: whatever one read gave.
   *
   * **Shapes**
   *
   * - Done is the end of the input: the peer's FIN after all its bytes, or, in a drain, after what had arrived when the drain
   *   began. `isDraining` tells which.
   *
   * **Errors**
   *
   * - `TransportError` with operation `read`: the connection is over; bytes received before were handed out first.
   *
   * **Interruption**
   *
   * - While it waits nothing is lost. To race it with something else, race `readable`, which consumes nothing.
   *
   * @source S47, FF-20: EOF is a value, not an error
   */
  get read(): Pull.Pull<Uint8Array, TransportError> {
    return this.transport.read
  }

  /** Suspends until `read` does not have to wait; consumes nothing. */
  get readable(): Effect.Effect<void> {
    return this.transport.readable
  }

  /**
   * Writes one frame: whole or not at all, in the order of the calls, never interleaved with another.
   *
   * **Shapes**
   *
   * - Success means taken over, not delivered: only the peer's answer tells that (FF-22). The bytes must not change afterwards.
   * - It suspends while more than the high-water mark is queued.
   *
   * **Errors**
   *
   * - `TransportError` with operation `write`: nothing of the frame was taken, and nothing can be written any more.
   *
   * **Interruption**
   *
   * - While it waits: nothing of the frame is sent. Afterwards: it has already succeeded.
   *
   * @source S51, FF-29, FF-30
   */
  write(frame: FrameBytes): Effect.Effect<void, TransportError> {
    return this.writer.write(frame)
  }

  /** Suspends until everything written was handed to the kernel; fails if the connection ends before. */
  get flush(): Effect.Effect<void, TransportError> {
    return this.writer.flush
  }

  /**
   * Ends the writing half: after the writes called before it, FIN. Reading goes on.
   *
   * **Errors**
   *
   * - None: if the connection is over already there is nothing left to end.
   */
  get end(): Effect.Effect<void> {
    return Effect.andThen(this.writer.close, this.transport.end)
  }

  /** RST now: what is queued is dropped, and the peer can tell. */
  get abort(): Effect.Effect<void> {
    return this.transport.abort
  }

  /** Whether a drain has begun: finish the current work, take no new. */
  get isDraining(): boolean {
    return this.drainBegan
  }

  /**
   * Suspends until a drain begins.
   *
   * **When to use**
   *
   * To say goodbye in the protocol, or to stop pushing.
   */
  get draining(): Effect.Effect<void> {
    return Effect.suspend(() => waitUntil((this.drainWakes ??= new WakeList()), () => this.drainBegan))
  }

  /** How the connection ended, once its descriptor was given back. */
  get closed(): Effect.Effect<Transport.CloseReason> {
    return this.transport.closed
  }

  /** @internal */
  beginDrainUnsafe(): void {
    if (this.drainBegan) return
    this.drainBegan = true
    this.transport.quiesceUnsafe()
    this.drainWakes?.wakeAll()
  }
}
