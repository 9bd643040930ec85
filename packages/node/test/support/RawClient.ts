/**
 * A peer made of plain node:net, so that what the tests see does not depend on what they test.
 */
import * as Net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { portOf } from "tidegate/Address"
import type { Listener } from "tidegate/Transport"
import { WakeList, waitUntil } from "tidegate/WakeList"

export class RawClient {
  readonly socket: Net.Socket
  readonly chunks: Array<Buffer> = []
  bytes = 0
  connected = false
  ended = false
  closed = false
  errorCode: string | undefined
  private readonly wakes = new WakeList()

  constructor(socket: Net.Socket) {
    this.socket = socket
    socket.on("connect", () => this.note(() => (this.connected = true)))
    socket.on("data", (chunk) =>
      this.note(() => {
        this.chunks.push(chunk)
        this.bytes += chunk.length
      })
    )
    socket.on("end", () => this.note(() => (this.ended = true)))
    socket.on("close", () => this.note(() => (this.closed = true)))
    socket.on("error", (error: NodeJS.ErrnoException) => this.note(() => (this.errorCode = error.code)))
  }

  /** Everything received so far. */
  get received(): Buffer {
    return Buffer.concat(this.chunks)
  }

  /** Suspends until it holds. */
  until(ready: (client: RawClient) => boolean): Effect.Effect<void> {
    return waitUntil(this.wakes, () => ready(this))
  }

  untilBytes(bytes: number): Effect.Effect<Buffer> {
    return Effect.map(
      this.until((client) => client.bytes >= bytes || client.closed),
      () => this.received
    )
  }

  /** Suspends until the kernel has the bytes, or the connection is over. */
  send(bytes: Uint8Array | string): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.socket.write(bytes, () => resume(Effect.void))
    })
  }

  /** FIN; suspends until the kernel has it. Until then Node cannot reset the socket: it would never close it. */
  get end(): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      this.socket.end(() => resume(Effect.void))
    })
  }

  private note(change: () => void): void {
    change()
    this.wakes.wakeAll()
  }
}

export interface RawOptions {
  readonly host?: string
  /** Reads nothing until it is resumed. */
  readonly paused?: boolean
}

/** Starts connecting; destroyed with the scope. */
export const open = (port: number, options: RawOptions = {}): Effect.Effect<RawClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const socket = Net.connect({ port, host: options.host ?? "127.0.0.1", allowHalfOpen: true, noDelay: true })
      if (options.paused) socket.pause()
      return new RawClient(socket)
    }),
    (client) => Effect.sync(() => client.socket.destroy())
  )

/** Connects, or has failed to. */
export const connect = (port: number, options?: RawOptions): Effect.Effect<RawClient, never, Scope.Scope> =>
  Effect.tap(open(port, options), (client) => client.until((self) => self.connected || self.closed))

export const connectTo = (listener: Listener, options?: RawOptions): Effect.Effect<RawClient, never, Scope.Scope> =>
  connect(portOf(listener.address) ?? 0, options)
