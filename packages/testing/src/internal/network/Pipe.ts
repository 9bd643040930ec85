/**
 * One direction of a connection: the sender's queue, both kernels' buffers, and what travels between them.
 *
 * @since 0.1.0
 */
import { ByteQueue, copyOf } from "./ByteQueue.ts"
import type { Way } from "./Way.ts"

/**
 * What has arrived at the receiver's kernel.
 *
 * @category models
 * @since 0.1.0
 */
export type Arrival = "bytes" | "fin" | "reset"

/**
 * `queue → send buffer → under way → receive buffer`. Bytes keep their order, FIN follows the bytes, RST overtakes what has not
 * left yet and nothing else. The send buffer counts what is under way; the receive buffer is the window.
 *
 * @category models
 * @source RFC 9293 §3.5, §3.8.6; Linux tcp(7)
 * @since 0.1.0
 */
export class Pipe {
  /** The receiver hears of what has arrived. */
  onArrival: (arrival: Arrival) => void = ignore
  /** The sender hears that its kernel has taken something from the queue. */
  onTaken: () => void = ignore
  /** Bytes have reached a receiver whose descriptor is closed. */
  onRefused: () => void = ignore

  /** FIN was handed to the sender's kernel, after every byte. */
  finTaken = false
  finArrived = false
  resetArrived = false

  private readonly way: Way
  private readonly queue = new ByteQueue()
  private readonly sendBuffer = new ByteQueue()
  private readonly receiveBuffer = new ByteQueue()
  private droppedBytes = 0
  private bytesUnderWay = 0
  private finAsked = false
  private finSent = false
  private finLost = false
  private stalled = false
  private broken = false
  private receiverClosed = false

  constructor(way: Way) {
    this.way = way
  }

  // --- the sender's end ---

  /** Bytes that the sender's kernel has not taken; once the queue was dropped, it never will. */
  get queuedBytes(): number {
    return this.queue.bytes + this.droppedBytes
  }

  /** The connection is known to be dead: the kernel refuses every write. */
  get isBroken(): boolean {
    return this.broken
  }

  /** Queues bytes, and hands to the kernel at once what it has room for, as write(2) does. */
  send(bytes: Uint8Array): void {
    this.queue.push(bytes)
    this.fillSendBuffer()
  }

  /** Queues bytes that write(2) has refused; nothing is taken from the queue until {@link goOn}. */
  sendLater(bytes: Uint8Array): void {
    this.queue.push(bytes)
    this.stalled = true
  }

  /** Tries again what {@link sendLater} has queued. */
  goOn(): void {
    this.stalled = false
    this.refill()
  }

  /** Hands the kernel what it has room for. */
  refill(): void {
    if (this.fillSendBuffer()) this.onTaken()
  }

  /** FIN after the queue. */
  end(): void {
    this.finAsked = true
    this.fillSendBuffer()
  }

  /** FIN after the queue, as far as the sender can tell: shutdown(2) fails, and so it does not leave. */
  endInVain(): void {
    this.finLost = true
    this.end()
  }

  /** close(2) without unread input: the queue is dropped, what the kernel holds still goes out, then FIN. */
  release(): void {
    this.droppedBytes += this.queue.clear()
    this.finLost = false
    this.end()
  }

  /** RST after what is under way; the rest is dropped. */
  reset(): void {
    if (this.broken) return
    this.breakOff()
    this.way.carry(0, () => this.arriveReset())
  }

  /** The peer's RST was received: nothing more is sent, not even in answer. */
  breakOff(): void {
    this.broken = true
    this.sendBuffer.clear()
  }

  /** Forgets the queue, keeping its size: those bytes were never taken. */
  dropQueue(): void {
    this.droppedBytes += this.queue.clear()
  }

  // --- the receiver's end ---

  /** Bytes in the receiver's kernel that no read has taken. */
  get unreadBytes(): number {
    return this.receiveBuffer.bytes
  }

  /** At most `maxBytes`, as one chunk that nobody else holds; an empty one where there is nothing. */
  read(maxBytes: number): Uint8Array {
    if (this.receiveBuffer.bytes === 0) return nothing
    const chunk = this.receiveBuffer.take(Math.min(maxBytes, this.way.nextReadBytes))
    this.transmit()
    return chunk
  }

  /** The receiver's descriptor is closed: what it has not read is gone, what arrives later is refused. */
  closeReceiver(): void {
    this.receiverClosed = true
    this.receiveBuffer.clear()
  }

  // --- under way ---

  private fillSendBuffer(): boolean {
    if (this.broken) {
      // shutdown(2) of a connection that was reset reports ENOTCONN, which libuv takes for success.
      if (this.finAsked && this.queue.bytes === 0) this.finTaken = true
      return false
    }
    const before = this.queue.bytes
    while (this.queue.bytes > 0 && !this.stalled) {
      const room = this.way.link.sendBufferBytes - this.sendBuffer.bytes - this.bytesUnderWay
      if (room <= 0) break
      // The kernel's own copy: the sender keeps its array, the receiver may write to what it gets.
      this.sendBuffer.push(copyOf(this.queue.take(room)))
    }
    const finTakenNow = this.finAsked && !this.finTaken && this.queue.bytes === 0
    if (finTakenNow) this.finTaken = true
    this.transmit()
    return finTakenNow || this.queue.bytes < before
  }

  private transmit(): void {
    if (this.broken) return
    while (this.sendBuffer.bytes > 0) {
      const window = this.way.link.receiveBufferBytes - this.receiveBuffer.bytes - this.bytesUnderWay
      if (window <= 0) return
      const segment = this.sendBuffer.take(Math.min(window, this.way.nextSegmentBytes))
      this.bytesUnderWay += segment.length
      this.way.carry(segment.length, () => this.arriveBytes(segment))
    }
    if (this.finTaken && !this.finSent && !this.finLost) {
      this.finSent = true
      this.way.carry(0, () => this.arriveFin())
    }
  }

  private arriveBytes(segment: Uint8Array): void {
    if (this.way.isBlocked) this.way.keep(() => this.takeBytes(segment))
    else this.takeBytes(segment)
  }

  private takeBytes(segment: Uint8Array): void {
    this.bytesUnderWay -= segment.length
    if (this.receiverClosed) {
      this.onRefused()
      return
    }
    this.receiveBuffer.push(segment)
    this.onArrival("bytes")
    this.refill()
  }

  private arriveFin(): void {
    this.way.arrive(() => this.takeFin())
  }

  private takeFin(): void {
    if (this.receiverClosed) return
    this.finArrived = true
    this.onArrival("fin")
  }

  /** RST of the sender, or of a middlebox in its name. */
  arriveReset(): void {
    this.way.arrive(() => this.takeReset())
  }

  private takeReset(): void {
    this.resetArrived = true
    this.onArrival("reset")
  }
}

const ignore = (): void => {}

const nothing = new Uint8Array(0)
