/**
 * Finding the end of what had arrived when a drain began, while the peer may go on sending.
 *
 * node:net cannot ask how many bytes lie in the kernel. But a read that gives less than it had room for has emptied the
 * kernel's buffer, and if that read came after the drain began, everything older was delivered with it.
 *
 * @source epoll(7): on a stream socket a read that returns fewer bytes than asked for has exhausted the I/O space
 */
import { quietTurnsForProof } from "./LoopTurns.ts"

/** libuv offers 64 KiB to each read of a stream, and Node passes that on. */
const fullReadBytes = 65_536

/**
 * The most that can have been waiting in the kernel; what comes after it must be newer.
 *
 * @source tcp(7): tcp_rmem; the largest default maximum of Linux is 32 MiB
 */
const maxKernelBytes = 33_554_432

export class Quiescence {
  /** Bytes in Node's own buffer when it began: their reads came before, so they prove nothing. */
  private readAhead: number
  private remaining: number
  private quietTurns = 0

  constructor(readAheadBytes: number) {
    this.readAhead = readAheadBytes
    this.remaining = readAheadBytes + maxKernelBytes
  }

  /** A chunk was delivered. True: it was the last one that had arrived. */
  arrived(bytes: number): boolean {
    this.quietTurns = 0
    this.remaining -= bytes
    if (this.remaining <= 0) return true
    if (this.readAhead <= 0) return bytes < fullReadBytes
    this.readAhead -= bytes
    return false
  }

  /** Reading has begun again after a pause, in which silence meant nothing. */
  resumed(): void {
    this.quietTurns = 0
  }

  /** A turn has ended while reading. True: nothing had arrived any more. */
  turnEnded(): boolean {
    return ++this.quietTurns >= quietTurnsForProof
  }
}
