/**
 * A connection over node:net: TCP or a Unix socket.
 *
 * But for the shared reads only public API of node:net is used, which has a price: when a write fails, Node destroys the socket at
 * once, and bytes of the peer that still lie in the kernel are lost with it (FF-25). What Node itself has read by then is delivered.
 */
import type * as Net from "node:net"
import { type Address, fromNative } from "tidegate/Address"
import { type Buffers, type CloseReason, Connection, type InputEnd } from "tidegate/Transport"
import { Backlog, pieceBytes } from "./Backlog.ts"
import { madeBuffer } from "./Collector.ts"
import { type Ends, ipv4Of, type NativeAddress, parsed } from "./Ends.ts"
import { watchTurns } from "./LoopTurns.ts"
import { Quiescence } from "./Quiescence.ts"
import { copyOf, type Reads } from "./SharedReads.ts"
import { own, type SocketOwner } from "./SocketOwner.ts"
import { resetSocket } from "./SocketReset.ts"
import { closeReasonOf, codeOf, syscallOf } from "./SystemError.ts"
import { serveLater, serveNow } from "./TurnBatch.ts"
import { maxCombinedBytes, writeCombiner } from "./WriteCombiner.ts"

/** Larger chunks are worth a wake-up of their own: waiting for the rest of the turn would only delay their replies. */
const maxCollectedBytes = 8192

const nothing = new Uint8Array(0)

/** Whose `data` event this is: whether to pause is decided once, when it is over. There are none inside others. */
let receiving: TcpConnection | undefined

export class TcpConnection extends Connection implements SocketOwner {
  private readonly socket: Net.Socket
  private nativeLocal: Address | NativeAddress
  private knownRemote: Address | undefined
  private readonly sharesReads: boolean
  /** With shared reads: the socket is told of what arrives. */
  private reads: boolean
  /** Stands in the turn batch. */
  private listed = false
  private quiescence: Quiescence | undefined
  /** Set while the kernel does not take everything. */
  private backlog: Backlog | undefined
  /** Bytes that the kernel had not taken when the connection ended; -1 before. */
  private unsent = -1
  /** @internal Of the write combiner. */
  combinedBytes = 0

  /** The socket must have no listeners; it reads already, or is paused. */
  constructor(socket: Net.Socket, buffers: Buffers, { local, remote }: Ends, reads: Reads) {
    super(buffers)
    this.nativeLocal = local
    this.knownRemote = remote
    this.socket = socket
    this.reads = !socket.isPaused()
    this.sharesReads = own(socket, this, reads)
  }

  get local(): Address {
    return (this.nativeLocal = parsed(this.nativeLocal))
  }

  get remote(): Address {
    return (this.knownRemote ??= fromNative(this.socket.remoteAddress ?? "", this.socket.remotePort ?? 0))
  }

  override get peerKey(): string | undefined {
    const host = this.knownRemote === undefined ? this.socket.remoteAddress : undefined
    return (host === undefined ? undefined : ipv4Of(host)) ?? super.peerKey
  }

  // --- input ---

  protected startInput(): void {
    if (receiving !== this) this.resumeSocket()
    if (this.quiescence === undefined) return
    this.quiescence.resumed()
    watchTurns(this)
  }

  private resumeSocket(): void {
    if (!this.sharesReads) {
      this.socket.resume()
    } else if (!this.reads) {
      // Nothing flows through the stream but its end, so it need not be made to flow.
      this.reads = true
      this.socket.read(0)
    }
  }

  private pauseSocket(): void {
    this.reads = false
    this.socket.pause()
  }

  /** What Node has begun to read on its own is not read before somebody wants it. */
  acceptedUnsafe(): void {
    if (!this.isFlowing && this.reads) this.pauseSocket()
  }

  protected stopInput(): void {
    if (receiving !== this) this.pauseSocket()
  }

  protected startQuiesce(): void {
    this.quiescence ??= new Quiescence(this.socket.readableLength)
    if (this.isFlowing) watchTurns(this)
  }

  /** @internal */
  receivedUnsafe(chunk: Uint8Array): void {
    receiving = this
    try {
      this.deliver(chunk)
    } finally {
      receiving = undefined
      if (!this.isFlowing) this.pauseSocket()
    }
  }

  /** @internal The memory is read into again after this call. */
  receivedLentUnsafe(memory: Buffer, length: number): void {
    receiving = this
    try {
      if (length <= maxCollectedBytes || !this.lend(memory, length)) this.deliver(copyOf(memory, length))
      if (length > maxCollectedBytes) madeBuffer(length)
    } finally {
      receiving = undefined
      if (!this.isFlowing) this.pauseSocket()
    }
  }

  /** What comes in a drain counts against what had arrived when it began. */
  private lend(memory: Buffer, length: number): boolean {
    if (this.quiescence !== undefined || this.listed) return false
    writeCombiner.hold()
    try {
      return this.lendUnsafe(new Uint8Array(memory.buffer, memory.byteOffset, length))
    } finally {
      writeCombiner.release()
    }
  }

  private deliver(chunk: Uint8Array): void {
    this.deliverUnsafe(chunk)
    if (this.quiescence?.arrived(chunk.length)) {
      this.collectedUnsafe()
      this.finish("quiesced")
    } else if (chunk.length > maxCollectedBytes) {
      this.listed = true
      serveNow(this)
    } else {
      this.collectedUnsafe()
    }
  }

  /** @internal */
  eofUnsafe(): void {
    this.finish("eof")
  }

  /** @internal */
  serveUnsafe(): void {
    if (!this.listed) return
    this.listed = false
    this.wakeInputUnsafe()
    this.roomUnsafe()
  }

  /** @internal */
  turnEndedUnsafe(): boolean {
    // A pause ends the watch; it begins again with the reading.
    if (this.quiescence === undefined || !this.isFlowing) return false
    if (!this.quiescence.turnEnded()) return true
    this.finish("quiesced")
    return false
  }

  private collectedUnsafe(): void {
    if (this.listed) return
    this.listed = true
    serveLater(this)
  }

  private finish(end: InputEnd): void {
    this.quiescence = undefined
    // What this turn has collected comes first, while writes still succeed.
    serveNow(this)
    writeCombiner.hold()
    try {
      this.finishInputUnsafe(end)
    } finally {
      writeCombiner.release()
    }
  }

  // --- output ---

  queuedUnsafe(): number {
    if (this.unsent >= 0) return this.unsent
    const { backlog, combinedBytes } = this
    return backlog === undefined ? combinedBytes : combinedBytes + backlog.bytes + this.socket.writableLength
  }

  protected send(bytes: Uint8Array): void {
    // Node would destroy the connection for a write after its end.
    if (this.ended || this.closeReason !== undefined || this.unsent >= 0 || bytes.length === 0) return
    if (bytes.length <= maxCombinedBytes) {
      writeCombiner.put(this, bytes)
      return
    }
    writeCombiner.flushOf(this)
    this.writeAloneUnsafe(bytes)
  }

  protected sendFin(): void {
    writeCombiner.flushOf(this)
    if (this.backlog === undefined) this.endSocket()
  }

  /**
   * Where the peer has ended everything of it was read, so close(2) sends FIN and no RST: it spares shutdown(2), and Node's way from the
   * one to the other.
   *
   * @source RFC 9293 §3.10.4 (CLOSE), RFC 1122 §4.2.2.13 (RST only if received data was not read)
   */
  private endSocket(): void {
    // One that has just failed says so itself, in the next turn.
    if (this.peerEnded && this.socket.errored === null) this.socket.destroy()
    else this.socket.end()
  }

  /** @internal */
  writeAloneUnsafe(bytes: Uint8Array): void {
    if (this.backlog === undefined) this.writeUntilBlocked(bytes)
    else this.backlog.push(bytes)
    if (this.backlog === undefined && this.isOutputAwaited) this.collectedUnsafe()
  }

  /** @internal */
  writeCombinedUnsafe(bytes: Uint8Array): boolean {
    // A copy if it has to wait: giving the whole buffer away each time would hold 64 KiB for a few bytes.
    const waits = this.backlog !== undefined
    this.writeAloneUnsafe(waits ? Buffer.from(bytes) : bytes)
    return !waits && this.backlog !== undefined
  }

  private writeUntilBlocked(bytes: Uint8Array): void {
    const { socket } = this
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      socket.write(bytes.length <= pieceBytes ? bytes : bytes.subarray(at, at + pieceBytes))
      if (this.hasJustFailed(bytes.length - at)) return
      if (socket.writableLength > 0) {
        this.backlog = new Backlog(() => this.onTaken())
        this.backlog.push(bytes.subarray(at + pieceBytes))
        socket.write(nothing, this.backlog.onTaken)
        return
      }
    }
  }

  /** The `error` event comes in the next turn only, and until then a flush must not find an empty queue. */
  private hasJustFailed(lost: number): boolean {
    if (this.socket.errored === null) return false
    this.dropQueue(lost)
    return true
  }

  /**
   * Everything that the socket was given is in the kernel: goes on with the rest.
   *
   * An empty write with a callback stands behind the last piece as a marker. Node calls it back when that piece is in the
   * kernel, so a write that is taken at once, the usual one, needs no callback.
   */
  private onTaken(): void {
    const { backlog, socket } = this
    if (backlog === undefined || this.closeReason !== undefined) return
    for (let piece = backlog.next(); piece !== undefined; piece = backlog.next()) {
      socket.write(piece)
      if (this.hasJustFailed(piece.length)) return
      if (socket.writableLength > 0) {
        socket.write(nothing, backlog.onTaken)
        break
      }
    }
    if (socket.writableLength === 0) {
      this.backlog = undefined
      if (this.ended) this.endSocket()
    }
    this.collectedUnsafe()
  }

  // --- the end ---

  protected closeSocket(reset: boolean): void {
    this.quiescence = undefined
    if (!reset) writeCombiner.flushOf(this)
    this.dropQueue(0)
    if (reset) resetSocket(this.socket, this.knownRemote !== undefined && "path" in this.knownRemote)
    else this.socket.destroy()
  }

  /** Bytes that were dropped must not look like bytes that were taken. */
  private dropQueue(atLeast: number): void {
    if (this.unsent >= 0) return
    this.unsent = Math.max(this.queuedUnsafe(), atLeast)
    writeCombiner.dropOf(this)
    this.backlog = undefined
  }

  /** @internal */
  failedUnsafe(error: Error): void {
    const isWrite = syscallOf(error) === "write" || syscallOf(error) === "shutdown"
    // Node has taken a failed write out of its count.
    this.dropQueue(isWrite ? 1 : 0)
    // While it is paused Node reads ahead, and these bytes came before the error.
    for (let chunk = this.nextReadAhead(); chunk !== null; chunk = this.nextReadAhead()) {
      this.deliverUnsafe(chunk)
      this.listed = true
    }
    this.quiescence = undefined
    serveNow(this)
    const code = codeOf(error)
    this.decideUnsafe(closeReasonOf(code), this.error(isWrite ? "write" : "read", code, error))
  }

  private nextReadAhead(): Uint8Array | null {
    return this.inputEnd === undefined || this.isDiscarding ? this.socket.read() : null
  }

  /** @internal */
  gaveBackUnsafe(): void {
    this.dropQueue(0)
    serveNow(this)
    const reason: CloseReason = this.peerEnded && this.ended ? "both-ended" : "failed"
    this.closedUnsafe(reason, reason === "failed" ? this.error("read", "ERR_STREAM_PREMATURE_CLOSE") : undefined)
  }
}
