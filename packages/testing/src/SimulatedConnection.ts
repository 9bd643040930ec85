/**
 * One end of a simulated connection: the seam's `Connection` over two pipes.
 *
 * @since 0.1.0
 */
import type { Address } from "tidegate/Address"
import type { TransportError } from "tidegate/Errors"
import { type CloseReason, Connection } from "tidegate/TransportConnection"
import type { ConnectionEnd, ConnectionHost } from "./internal/network/ConnectionParts.ts"
import { closeReasonOf, isReadAgain, isWrittenAgain } from "./internal/network/Errnos.ts"
import type { Arrival, Pipe } from "./internal/network/Pipe.ts"
import type { Wire } from "./internal/network/Wire.ts"

/** What a lent chunk is overwritten with: the end of a line, to whoever still reads it. */
const readInto = 10

/**
 * A connection of the simulated network.
 *
 * It keeps to what TCP under node:net does: input is read ahead as far as `readAheadBytes` and stands in the receive buffer
 * beyond; a reset is noticed by the next read or write and not by itself; what the platform reports comes a turn later, never
 * inside the call that caused it. Each chunk is lent first, whatever its size, and its memory overwritten where the loan was taken.
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
  /** @internal */
  readonly wire: Wire
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
    this.wire = end.wire
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
    const code = this.host.operations.next("write", this.label)
    if (code !== undefined) {
      this.sendInVain(bytes, code)
      return
    }
    this.outgoing.send(bytes)
    if (this.outgoing.isBroken) this.host.deliveries.post(() => this.failWrite())
  }

  private sendInVain(bytes: Uint8Array, code: string): void {
    this.outgoing.sendLater(bytes)
    this.host.deliveries.post(() => (isWrittenAgain(code) ? this.outgoing.goOn() : this.failWrite(code)))
  }

  protected sendFin(): void {
    if (this.host.operations.next("end", this.label) === undefined) this.outgoing.end()
    else this.outgoing.endInVain()
    this.host.deliveries.post(() => this.closeIfBothEnded())
  }

  protected closeSocket(reset: boolean): void {
    this.host.operations.next("close", this.label)
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

  /** A connection that its kernel resets, because the platform has not accepted it or has abandoned its dial. */
  refuse(): void {
    this.incoming.closeReceiver()
    this.outgoing.reset()
  }

  /** The kernel has an error for the next read, which wakes whoever waits for input as bytes do. */
  interruptRead(code: string): void {
    this.readFaults.push(code)
    this.postRead()
  }

  /** The descriptor is taken away, and the peer is told. */
  fail(error: TransportError): void {
    this.outgoing.dropQueue()
    this.outgoing.reset()
    this.giveBack(closeReasonOf(error.code), error)
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
    // Whoever reads a chunk in place may end the connection.
    if (this.closeReason !== undefined || this.endInput()) return
    if (delivered) this.wakeInputUnsafe()
    if (this.reading && this.readFaults.length > 0) this.postRead()
  }

  private readFailed(): boolean {
    if (!this.reading) return false
    const code = this.readFaults.shift()
    if (code === undefined) return false
    this.host.record({ event: "readFailed", end: this.label, code })
    if (isReadAgain(code)) this.postRead()
    else this.fail(this.error("read", code))
    return true
  }

  private readWhileWanted(): boolean {
    let delivered = false
    while (this.reading && this.wantedBytes > 0 && this.readSucceeds()) {
      const chunk = this.nextChunk()
      if (chunk === undefined || this.lend(chunk)) continue
      this.deliverUnsafe(chunk)
      delivered = true
    }
    return delivered
  }

  private lend(chunk: Uint8Array): boolean {
    if (!this.lendUnsafe(chunk)) return false
    chunk.fill(readInto)
    return true
  }

  /** Bytes that are there to be read: once it is quiescing, only those that had been there by then. */
  private get wantedBytes(): number {
    const { unreadBytes } = this.incoming
    return this.isDiscarding || this.quiesceBytes === undefined ? unreadBytes : Math.min(unreadBytes, this.quiesceBytes)
  }

  /** Counts a read that finds something; false where it fails, which the next turn reports. */
  private readSucceeds(): boolean {
    const code = this.host.operations.next("read", this.label)
    if (code === undefined) return true
    this.readFaults.push(code)
    return false
  }

  private nextChunk(): Uint8Array | undefined {
    const chunk = this.incoming.read(this.wantedBytes)
    if (chunk.length === 0) return undefined
    if (this.quiesceBytes !== undefined && !this.isDiscarding) this.quiesceBytes -= chunk.length
    this.host.record({ event: "read", end: this.label, bytes: chunk.length })
    return chunk
  }

  /** Reports the end of the input if it is reached; whoever is woken sees the chunks before it too. */
  private endInput(): boolean {
    if (this.quiesceBytes === 0 && this.inputEnd === undefined) {
      this.finishInputUnsafe("quiesced")
      return true
    }
    if (!this.reading || this.readFaults.length > 0 || this.finRead) return false
    if (!this.incoming.finArrived && !this.incoming.resetArrived) return false
    if (!this.readSucceeds()) return false
    if (this.incoming.finArrived) return this.endInputWithFin()
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
    if (!this.finRead || !this.outgoing.finTaken || this.closeReason !== undefined) return
    // A FIN that shutdown(2) did not send leaves with close(2).
    this.outgoing.release()
    this.giveBack("both-ended")
  }

  /** Linux reports EPIPE for a reset that came after FIN: tcp_reset() in net/ipv4/tcp_input.c. */
  private failWrite(code = this.incoming.finArrived ? "EPIPE" : "ECONNRESET"): void {
    if (this.closeReason !== undefined) return
    // A failed write must not lose the peer's last words: FF-25.
    if (this.inputEnd === undefined || this.isDiscarding) {
      for (let chunk = this.nextChunk(); chunk !== undefined; chunk = this.nextChunk()) this.deliverUnsafe(chunk)
      if (this.incoming.finArrived && this.incoming.unreadBytes === 0) this.endInputWithFin()
    }
    this.fail(this.error("write", code))
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
