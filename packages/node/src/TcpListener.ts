/**
 * A listening socket over node:net: TCP, a Unix socket, or one that was inherited.
 *
 * Node accepts on its own, before any JavaScript runs, one connection per loop turn and listener. It cannot be told to stop but
 * by closing the socket, and that resets the clients in the kernel's queue: sweep first.
 */

import type * as Net from "node:net"
import type { Address } from "tidegate/Address"
import { format } from "tidegate/Address"
import { transportError } from "tidegate/Errors"
import { type Buffers, buffersOf, Listener, type ListenerOptions } from "tidegate/Transport"
import type { Binding } from "./Binding.ts"
import { quietTurnsForProof, watchTurns } from "./LoopTurns.ts"
import type { Reads } from "./SharedReads.ts"
import { applyTo, inheritFrom, type NodeSocketOptions, nodeSocketOptions, sameOptions } from "./SocketOptions.ts"
import { codeOf } from "./SystemError.ts"
import { TcpConnection } from "./TcpConnection.ts"

/** @source FF-50: Node asks for 511 although the kernel's bound, somaxconn, is 4096 since Linux 5.4 */
const defaultBacklog = 4096
const defaultMaxUntaken = 1024
/** Handshakes that can be over in the microseconds between listen(2) and the listening event. */
const cameEarly = 64

/** What is asked of the kernel. */
export const backlogOf = (options: ListenerOptions): number => {
  // Node takes 0 for its own default.
  return Math.max(options.backlog ?? defaultBacklog, 1)
}

export class TcpListener extends Listener {
  readonly address: Address
  private readonly server: Net.Server
  private readonly binding: Binding
  private readonly backlog: number
  private buffers: Buffers
  private socketOptions: NodeSocketOptions
  /**
   * Accepted sockets have the options already. The kernel copies them when the handshake is over, not when a connection is accepted: who
   * stood in the queue of an inherited socket, came between listening and this, or before a change, has none or the old ones.
   */
  private inherits: boolean
  private accepted = 0
  private readonly reads: Reads
  private sweepTurns = 0
  private quietTurns = 0

  constructor(server: Net.Server, binding: Binding, options: ListenerOptions, reads: Reads) {
    super(options.maxUntaken ?? defaultMaxUntaken)
    this.server = server
    this.binding = binding
    this.address = binding.address
    this.backlog = backlogOf(options)
    this.reads = reads
    this.buffers = buffersOf(options)
    this.socketOptions = nodeSocketOptions(options)
    this.inherits = !binding.isInherited && inheritFrom(server, this.socketOptions)
    server.on("connection", (socket) => this.connected(socket))
    server.on("error", (error) => this.lost(error))
    server.on("close", () => this.lost(undefined))
  }

  /**
   * Takes over what can change while it listens; connections that come from now on have it.
   *
   * **Shapes**
   *
   * - The keys that need a new socket: `backlog`, since Node cannot ask the kernel a second time.
   */
  applyUnsafe(options: ListenerOptions): ReadonlyArray<string> {
    this.maxUntaken = options.maxUntaken ?? defaultMaxUntaken
    this.buffers = buffersOf(options)
    const before = this.socketOptions
    this.socketOptions = nodeSocketOptions(options)
    this.inherits &&= sameOptions(before, this.socketOptions)
    return backlogOf(options) === this.backlog ? [] : ["backlog"]
  }

  protected closeSocket(): void {
    this.binding.vacate()
    // The `close` event waits for every connection, but the descriptor is given back inside the call, when `listening` turns
    // false (measured: the port can be bound again at once).
    this.server.close()
    this.closedUnsafe()
  }

  protected startSweep(): void {
    this.sweepTurns = 0
    this.quietTurns = 0
    watchTurns(this)
  }

  /**
   * Two turns without a connection prove that the kernel's queue was empty. A flood of new clients must not hold the sweep for
   * ever: after as many turns as the queue has places, everybody who stood in it was accepted.
   *
   * @internal
   */
  turnEndedUnsafe(): boolean {
    this.sweepTurns++
    this.quietTurns++
    const goesOn = this.quietTurns < quietTurnsForProof && this.sweepTurns <= this.backlog
    if (!goesOn) this.sweptUnsafe()
    return goesOn
  }

  private connected(socket: Net.Socket): void {
    this.quietTurns = 0
    const ends = this.binding.ends(socket)
    if (ends === undefined) {
      this.abortedByPeer++
      // One `error` event without a listener ends the process.
      socket.on("error", ignore)
      socket.destroy()
      return
    }
    if (!this.inherits || ++this.accepted <= cameEarly) applyTo(socket, this.socketOptions)
    const connection = new TcpConnection(socket, this.buffers, ends, this.reads)
    this.acceptedUnsafe(connection)
    connection.acceptedUnsafe()
  }

  private lost(error: Error | undefined): void {
    const code = error === undefined ? "ERR_SERVER_NOT_RUNNING" : codeOf(error)
    this.failedUnsafe(transportError("accept", code, format(this.address), error))
  }
}

const ignore = (): void => {}
