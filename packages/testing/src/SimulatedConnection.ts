/**
 * One end of a simulated connection: the seam's `Connection` over two pipes.
 *
 * @since 0.1.0
 */
import type { Address } from "tidegate/Address"
import { classify, type TransportError } from "tidegate/Errors"
import type { Buffers } from "tidegate/Transport"
import { type CloseReason, Connection } from "tidegate/TransportConnection"
import type { Deliveries } from "./internal/network/Deliveries.ts"
import type { Arrival, Pipe } from "./internal/network/Pipe.ts"
import type { NetworkEvent } from "./NetworkEvent.ts"

/**
 * What an end needs from its network.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectionHost {
  readonly deliveries: Deliveries
  readonly record: (event: NetworkEvent) => void
  /** The descriptor was given back. */
  readonly closed: (connection: SimulatedConnection) => void
}

/**
 * What tells the two ends of a connection apart.
 *
 * **Shapes**
 *
 * - `label`: `c7` or `s7`, the dialling and the accepting end of the seventh dial.
 *
 * @category models
 * @since 0.1.0
 */
export interface ConnectionEnd {
  readonly label: string
  readonly local: Address
  readonly remote: Address
  readonly buffers: Buffers
  readonly incoming: Pipe
  readonly outgoing: Pipe
}

/**
 * A connection of the simulated network.
 *
 * It keeps to what TCP under node:net does: input is read ahead as far as `readAheadBytes` and stands in the receive buffer
 * beyond; a reset is noticed by the next read or write and not by itself; what the platform reports comes a turn later, never
 * inside the call that caused it.
 *
 * @category models
 * @source FF-07, FF-08, FF-20, FF-22, FF-25; measured on Node 24 over Linux loopback
 * @since 0.1.0
 */
export class SimulatedConnection extends Connection {
  readonly label: string
  readonly local: Address
  readonly remote: Address
  /** The other end, for a test that looks at both. */
  peer: SimulatedConnection | undefined
  private readonly host: ConnectionHost
  private readonly incoming: Pipe
  private readonly outgoing: Pipe
  private reading = false
  private readPosted = false
  private finRead = false
  /** Bytes that stood in the receive buffer when quiescing began and are not read yet. */
  private quiesceBytes: number | undefined
  private readonly readFaults: Array<string> = []

  constructor(host: ConnectionHost, end: ConnectionEnd) {
    super(end.buffers)
    this.host = host
    this.label = end.label
    this.local = end.local
    this.remote = end.remote
    this.incoming = end.incoming
    this.outgoing = end.outgoing
    this.incoming.onArrival = (arrival) => this.arrived(arrival)
    this.incoming.onRefused = () => this.outgoing.reset()
    this.outgoing.onTaken = () => {
      this.roomUnsafe()
      this.closeIfBothEnded()
    }
  }

  // --- what the seam asks for ---

  queuedUnsafe(): number {
    return this.outgoing.queuedBytes
  }

  /** Bytes that have arrived and were not read ahead: closing now would reset the connection. */
  unreadUnsafe(): number {
    return this.incoming.unreadBytes
  }

  protected startInput(): void {
    this.reading = true
    this.postRead()
  }

  protected stopInput(): void {
    this.reading = false
  }

  protected startQuiesce(): void {
    // Once FIN or RST has arrived, what is there is all that will ever be: the real end serves.
    if (this.incoming.finArrived || this.incoming.resetArrived) return
    this.quiesceBytes = this.incoming.unreadBytes
    this.postRead()
  }

  protected send(bytes: Uint8Array): void {
    this.outgoing.send(bytes)
    if (this.outgoing.isBroken) this.host.deliveries.post(() => this.failWrite())
  }

  protected sendFin(): void {
    this.outgoing.end()
    this.host.deliveries.post(() => this.closeIfBothEnded())
  }

  protected closeSocket(reset: boolean): void {
    // close(2) with unread input answers with RST, and the reply under way may be lost: RFC 2525 §2.17.
    const resets = reset || this.incoming.unreadBytes > 0
    this.incoming.closeReceiver()
    if (resets) {
      this.outgoing.dropQueue()
      this.outgoing.reset()
    } else {
      this.outgoing.release()
    }
    this.host.deliveries.post(() => this.giveBack(this.closeReason ?? "failed"))
  }

  // --- what a network does to it ---

  /** A connection that its kernel resets before the platform has accepted it. */
  refuse(): void {
    this.incoming.closeReceiver()
    this.outgoing.reset()
  }

  /** From now on nothing arrives at either end, and neither is told. */
  sever(): void {
    this.incoming.severed = true
    this.outgoing.severed = true
  }

  /** The next read fails with `code`; a temporary one is tried again a turn later, as libuv does, and is seen nowhere else. */
  failRead(code: string): void {
    this.readFaults.push(code)
    this.postRead()
  }

  /** The descriptor is taken away: `timeout` for ETIMEDOUT, `failed` for anything else. */
  fail(error: TransportError): void {
    this.outgoing.dropQueue()
    this.outgoing.reset()
    this.giveBack(error.code === "ETIMEDOUT" ? "timeout" : "failed", error)
  }

  // --- reading ---

  private arrived(arrival: Arrival): void {
    if (arrival !== "bytes") this.host.record({ event: "arrived", end: this.label, what: arrival })
    if (arrival === "reset") {
      this.outgoing.breakOff()
      // Only a kernel with something to write, or asked to read, reports a reset.
      if (this.closeReason === undefined && this.outgoing.queuedBytes > 0) {
        this.failWrite()
        return
      }
    }
    this.postRead()
  }

  /** Reading has a turn of its own, so that what arrives in one turn can be read as one chunk. */
  private postRead(): void {
    if (this.readPosted || this.closeReason !== undefined) return
    if (!this.reading && this.quiesceBytes === undefined) return
    this.readPosted = true
    this.host.deliveries.post(() => {
      this.readPosted = false
      this.readTurn()
    })
  }

  private readTurn(): void {
    if (this.closeReason !== undefined || this.readFailed()) return
    const delivered = this.readWhileWanted()
    if (this.endInput()) return
    if (delivered) this.wakeInputUnsafe()
  }

  private readFailed(): boolean {
    if (!this.reading) return false
    const code = this.readFaults.shift()
    if (code === undefined) return false
    this.host.record({ event: "readFailed", end: this.label, code })
    if (classify("read", code) === "temporary") this.postRead()
    else this.fail(this.error("read", code))
    return true
  }

  private readWhileWanted(): boolean {
    let delivered = false
    while (this.reading && this.readOnce()) delivered = true
    return delivered
  }

  private readOnce(): boolean {
    const quiesceBytes = this.isDiscarding ? undefined : this.quiesceBytes
    const chunk = this.incoming.read(quiesceBytes ?? Infinity)
    if (chunk.length === 0) return false
    if (quiesceBytes !== undefined) this.quiesceBytes = quiesceBytes - chunk.length
    this.host.record({ event: "read", end: this.label, bytes: chunk.length })
    this.deliverUnsafe(chunk)
    return true
  }

  /** Reports the end of the input if it is reached; whoever is woken sees the chunks before it too. */
  private endInput(): boolean {
    if (this.quiesceBytes === 0 && this.inputEnd === undefined) {
      this.finishInputUnsafe("quiesced")
      return true
    }
    if (!this.reading) return false
    if (this.incoming.finArrived) return this.endInputWithFin()
    if (!this.incoming.resetArrived) return false
    this.giveBack("reset-received", this.error("read", "ECONNRESET"))
    return true
  }

  private endInputWithFin(): boolean {
    if (this.finRead) return false
    this.finRead = true
    this.finishInputUnsafe("eof")
    this.closeIfBothEnded()
    return true
  }

  // --- ending ---

  private closeIfBothEnded(): void {
    if (this.finRead && this.outgoing.finTaken && this.closeReason === undefined) this.giveBack("both-ended")
  }

  private failWrite(): void {
    if (this.closeReason !== undefined) return
    // A failed write must not lose the peer's last words: FF-25.
    if (this.inputEnd === undefined || this.isDiscarding) {
      let more = true
      while (more) more = this.readOnce()
      if (this.incoming.finArrived && this.incoming.unreadBytes === 0) this.endInputWithFin()
    }
    // Linux reports EPIPE for a reset that came after FIN: tcp_reset() in net/ipv4/tcp_input.c.
    this.giveBack("reset-received", this.error("write", this.incoming.finArrived ? "EPIPE" : "ECONNRESET"))
  }

  private giveBack(reason: CloseReason, failure?: TransportError): void {
    if (this.descriptorClosed) return
    this.reading = false
    this.incoming.closeReceiver()
    this.host.closed(this)
    this.host.record({
      event: "closed",
      end: this.label,
      reason: this.closeReason ?? reason,
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut
    })
    this.closedUnsafe(reason, failure)
  }
}
