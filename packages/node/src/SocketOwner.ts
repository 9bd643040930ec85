/**
 * The events of a socket, handed to who owns it.
 *
 * The socket knows its owner, so that one function for each event serves every socket: a closure per connection and event would
 * only cost memory.
 */
import type * as Net from "node:net"
import { dropIdleEndListener } from "./IdleEndListener.ts"
import { type Reads, shareReads } from "./SharedReads.ts"

/** Who is told what happens to a socket. */
export interface SocketOwner {
  receivedUnsafe(chunk: Uint8Array): void
  /** Bytes in memory that is read into again after the call. */
  receivedLentUnsafe(memory: Buffer, length: number): void
  /** The peer's FIN, after all its bytes. */
  eofUnsafe(): void
  failedUnsafe(error: Error): void
  /** The descriptor was given back; nothing comes after it. */
  gaveBackUnsafe(): void
}

const owner = Symbol("tidegate/node/SocketOwner")

interface OwnedSocket extends Net.Socket {
  [owner]: SocketOwner
}

/**
 * Tells the owner everything from now on, for the whole life of the socket: one error without a listener ends the process. True: it reads
 * into the shared buffer, and does so already if it was reading.
 */
export const own = (socket: Net.Socket, by: SocketOwner, reads: Reads): boolean => {
  const owned = socket as OwnedSocket
  owned[owner] = by
  socket.on("error", onError)
  const shares = reads === "shared" && shareReads(socket, onRead)
  // A listener makes the stream flow, unless it was paused.
  if (!shares) socket.pause().on("data", onData)
  if (shares) dropIdleEndListener(socket)
  socket.on("end", onEnd)
  socket.on("close", onClose)
  return shares
}

function onError(this: OwnedSocket, error: Error): void {
  this[owner].failedUnsafe(error)
}

function onData(this: OwnedSocket, chunk: Uint8Array): void {
  this[owner].receivedUnsafe(chunk)
}

function onRead(this: OwnedSocket, length: number, memory: Buffer): boolean {
  this[owner].receivedLentUnsafe(memory, length)
  return true
}

function onEnd(this: OwnedSocket): void {
  this[owner].eofUnsafe()
}

function onClose(this: OwnedSocket): void {
  this[owner].gaveBackUnsafe()
}
