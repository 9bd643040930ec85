/**
 * A connection as a handler sees it.
 *
 * @since 0.1.0
 */
import type { ProxyHeader } from "@tidegate/codec/Proxy"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import { type Address, format } from "./Address.ts"
import type { HandlerClock } from "./ConnectionTimes.ts"
import { InvalidOptions, type TransportError } from "./Errors.ts"
import type { EndReason, ServerEvent } from "./Events.ts"
import { type FrameReader, readerOf } from "./FrameReader.ts"
import { durationOf } from "./OptionChecks.ts"
import type { Proxied } from "./Proxied.ts"
import type { RefusedFrames } from "./RefusedFrames.ts"
import type { Slot } from "./Slot.ts"
import type * as Transport from "./TransportConnection.ts"
import { WakeList, waitUntil } from "./WakeList.ts"
import { type FrameBytes, Writer } from "./Writer.ts"

/** Who waits for the drain of a connection, and why it is drained by itself. */
interface Drain {
  readonly wakes: WakeList
  alone: { readonly reason: EndReason; readonly detail: string | undefined } | undefined
}

/**
 * A live connection.
 *
 * **When to use**
 *
 * In a handler: read chunks, write whole frames, learn that a drain has begun. The server closes it when the handler ends.
 *
 * **Shapes**
 *
 * - `id` counts from 1 per server. `peer` and `local` were captured at accept. Behind a balancer that says so in a PROXY header they
 *   are the client and the address that it has dialled; `via` is the balancer then.
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
  /** @internal */
  readonly proxied: Proxied | undefined
  /** @internal */
  clock: HandlerClock | undefined
  /** @internal */
  frames: FrameReader | undefined
  /** @internal Once there are any. */
  refused: RefusedFrames | undefined
  /** @internal Where its server's events go. */
  sink: ((event: ServerEvent) => void) | undefined
  private drainBegan = false
  private maybeDrain: Drain | undefined
  /** @internal */
  slot: Slot | undefined
  /** @internal Of a connection that was dialled: there is no server to end it once it was told to drain. */
  ender: (() => void) | undefined
  /** Frames (or handlers) whose reply is owed. */
  inFlight = 0
  /** Frames handed to the handler so far. */
  framesIn = 0

  constructor(id: number, transport: Transport.Connection, proxied?: Proxied) {
    this.id = id
    this.transport = transport
    this.proxied = proxied
    this.writer = new Writer(transport)
  }

  get peer(): Address {
    return this.proxied?.peer ?? this.transport.remote
  }

  get local(): Address {
    return this.proxied?.local ?? this.transport.local
  }

  /** The PROXY header that came first, with all that it says; only where the server asks for one. */
  get proxy(): ProxyHeader | undefined {
    return this.proxied?.header
  }

  /** Who has forwarded it: the peer of the socket, where a PROXY header has told another one. */
  get via(): Address | undefined {
    return this.proxied?.via
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

  /** Ends the writing half: after the writes called before it, FIN. Reading goes on. One that is over already has nothing to end. */
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
    return Effect.suspend(() => waitUntil(this.drain.wakes, () => this.drainBegan))
  }

  /**
   * Gives up its place among those that `maxConnections` and `maxPerPeer` count, and lives on; who has waited longest gets it.
   *
   * **When to use**
   *
   * For a connection that is not to keep others out: one that has turned into a long silent subscription, or an operator's.
   *
   * **Shapes**
   *
   * - Once for all: later calls, and its end, give nothing back.
   *
   * @source B33
   */
  get releaseSlot(): Effect.Effect<void> {
    return Effect.sync(() => this.slot?.releaseUnsafe())
  }

  /**
   * Drains this one connection: it finishes its work, everything written is flushed, then FIN.
   *
   * **When to use**
   *
   * To send a client away without cutting it off, from its handler or from outside. The handler is told as by any drain.
   *
   * **Shapes**
   *
   * - Returns at once; `closed` tells when the connection is gone. `reason` stands in its end event as `detail`, with the reason
   *   `closed`.
   * - Of a connection that drains already, or is over, nothing changes.
   * - Of one that was dialled, whoever calls this has finished: it ends as `LingeringClose.close` ends it.
   *
   * **Limits**
   *
   * - There is no deadline but those that every connection has: a handler that never ends keeps it until `maxAge`,
   *   `halfCloseTimeout` or `writeStallTimeout` cuts it, or until `abort`.
   */
  close(reason?: string): Effect.Effect<void> {
    // Not in the caller's step, which may be the handler's.
    return Effect.map(Effect.yieldNow, () => this.drainAloneUnsafe("closed", reason))
  }

  /**
   * From now on this connection has an idle timeout of its own, instead of the server's `idleTimeout`.
   *
   * **When to use**
   *
   * When the protocol has changed its mood: a client that has logged in, a subscription that is silent by nature.
   *
   * **Shapes**
   *
   * - `"Infinity"`: none; `undefined`: the server's again. It lasts until it is called again, and counts from the last byte.
   *
   * **Errors**
   *
   * - A duration that is none, or below 0, is a defect: it dies with `InvalidOptions`. So it does on a connection that was dialled:
   *   no server watches that one. Bound its `readable` with `Effect.timeout`: no byte is lost by that.
   *
   * @see `expectWithin` for the next byte only
   * @source B52
   */
  setIdleTimeout(timeout: Duration.Input | undefined): Effect.Effect<void> {
    return Effect.sync(() => {
      const milliseconds = timeout === undefined ? undefined : Duration.toMillis(durationOf("timeout", timeout))
      this.clockFor("setIdleTimeout")?.setIdleTimeoutUnsafe(milliseconds)
    })
  }

  /**
   * Once: the peer's next byte has to come within this time, instead of the idle timeout.
   *
   * **When to use**
   *
   * For an answer that the peer owes (a password, a pong), or a silence that was announced.
   *
   * **Shapes**
   *
   * - Shorter or longer than the idle timeout; `"Infinity"`: however long it takes. It counts from now, or from when the handler
   *   waits for input next, and ends with the next byte.
   *
   * **Errors**
   *
   * - As of `setIdleTimeout`.
   *
   * @see `setIdleTimeout` for one that lasts
   * @source B52
   */
  expectWithin(timeout: Duration.Input): Effect.Effect<void> {
    return Effect.sync(() => {
      const milliseconds = Duration.toMillis(durationOf("timeout", timeout))
      this.clockFor("expectWithin")?.expectWithinUnsafe(milliseconds)
    })
  }

  /**
   * The longest frame that is taken from the next one on, as its codec counts it; `null` and `Infinity`: no limit. What is sent goes by
   * the codec's own maximum, and a switch of the codec forgets this one.
   *
   * **Errors**
   *
   * - A maximum that is none, or that nobody goes by as no frames are read, is a defect: it dies.
   */
  setMaxFrameLength(bytes: number | null): Effect.Effect<void> {
    return Effect.sync(() => readerOf(this).setMaxLengthUnsafe(bytes))
  }

  /** How the connection ended, once its descriptor was given back. */
  get closed(): Effect.Effect<Transport.CloseReason> {
    return this.transport.closed
  }

  /** @internal Drains this connection and no other; why it ends then. */
  drainAloneUnsafe(reason: EndReason, detail?: string): void {
    if (this.drainBegan || this.transport.closeReason !== undefined) return
    this.drain.alone = { reason, detail }
    this.takeNoMoreUnsafe()
    this.ender?.()
  }

  /** @internal Drains this connection with all others; such a drain has a deadline, which counts instead of its own. */
  beginDrainUnsafe(): void {
    this.clock?.drainBeganUnsafe()
    this.takeNoMoreUnsafe()
  }

  /** @internal Set if it was drained by itself, and not with its generation. */
  get drainedAlone(): Drain["alone"] {
    return this.maybeDrain?.alone
  }

  private get drain(): Drain {
    return (this.maybeDrain ??= { wakes: new WakeList(), alone: undefined })
  }

  /** Throws `InvalidOptions` where there never is one. */
  private clockFor(key: string): HandlerClock | undefined {
    if (this.ender === undefined) return this.clock
    const who = `the connection to ${format(this.peer)} was dialled, and no server watches it`
    throw new InvalidOptions({ issue: `${key}: ${who}: bound the wait instead (Effect.timeout)` })
  }

  private takeNoMoreUnsafe(): void {
    if (this.drainBegan) return
    this.drainBegan = true
    // What a client still has to receive are the answers to what it has sent before.
    if (this.ender === undefined) this.transport.quiesceUnsafe()
    this.maybeDrain?.wakes.wakeAll()
  }
}
