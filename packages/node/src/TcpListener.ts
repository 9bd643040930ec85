/**
 * A listening socket over node:net.
 *
 * Node accepts on its own, before any JavaScript runs, one connection per loop turn and listener. It cannot be told to stop but
 * by closing the socket, and that resets the clients in the kernel's queue: sweep first.
 */

import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Address } from "tidegate/Address"
import { format, formatEndpoint, fromNative } from "tidegate/Address"
import { type TransportError, transportError } from "tidegate/Errors"
import { type Buffers, buffersOf, Listener, type ListenOptions } from "tidegate/Transport"
import { quietTurnsForProof, watchTurns } from "./LoopTurns.ts"
import { endpointRefusal, nodeSocketOptions } from "./SocketOptions.ts"
import { codeOf } from "./SystemError.ts"
import { TcpConnection } from "./TcpConnection.ts"

/** @source FF-50: Node asks for 511 although the kernel's bound, somaxconn, is 4096 since Linux 5.4 */
const defaultBacklog = 4096
const defaultMaxUntaken = 1024

/** Bound to one of these, each connection has a local address of its own. */
const wildcards = new Set(["::", "0.0.0.0"])

export class TcpListener extends Listener {
  readonly address: Address
  private readonly server: Net.Server
  private readonly bound: Net.AddressInfo
  private readonly buffers: Buffers
  private readonly backlog: number
  /** The local address of every connection, where the listener is bound to one. */
  private readonly commonLocal: Address | undefined
  private sweepTurns = 0
  private quietTurns = 0

  constructor(server: Net.Server, bound: Net.AddressInfo, options: ListenOptions) {
    super(options.maxUntaken ?? defaultMaxUntaken)
    this.server = server
    this.bound = bound
    this.buffers = buffersOf(options)
    this.backlog = backlogOf(options)
    this.address = fromNative(bound.address, bound.port)
    this.commonLocal = wildcards.has(bound.address) ? undefined : this.address
    server.on("connection", (socket) => this.connected(socket))
    server.on("error", (error) => this.lost(error))
    server.on("close", () => this.lost(undefined))
  }

  protected closeSocket(): void {
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
    const { remoteAddress, remotePort } = socket
    if (remoteAddress === undefined || remotePort === undefined) {
      this.abortedByPeer++
      // One `error` event without a listener ends the process.
      socket.on("error", ignore)
      socket.destroy()
      return
    }
    const local = this.commonLocal ?? {
      host: socket.localAddress ?? this.bound.address,
      port: socket.localPort ?? this.bound.port
    }
    this.acceptedUnsafe(new TcpConnection(socket, this.buffers, local, { host: remoteAddress, port: remotePort }))
  }

  private lost(error: Error | undefined): void {
    const code = error === undefined ? "ERR_SERVER_NOT_RUNNING" : codeOf(error)
    this.failedUnsafe(transportError("accept", code, format(this.address), error))
  }
}

const ignore = (): void => {}

const backlogOf = (options: ListenOptions): number => {
  // Node takes 0 for its own default.
  return Math.max(options.backlog ?? defaultBacklog, 1)
}

/**
 * Listens.
 *
 * **Errors**
 *
 * - `TransportError` with operation `listen` and the errno name, or `ERR_SOCKET_BAD_PORT`.
 *
 * **Interruption**
 *
 * - The attempt is abandoned at once: nothing is bound.
 */
export const listen = (options: ListenOptions): Effect.Effect<Listener, TransportError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.suspend(() => {
        const refusal = endpointRefusal("listen", options)
        if (refusal !== undefined) return Effect.fail(refusal)
        const server = Net.createServer({ ...nodeSocketOptions(options), pauseOnConnect: true })
        const bound = Effect.onInterrupt(restore(bind(server, options)), () => Effect.sync(() => server.close()))
        return Effect.flatMap(bound, (listener) => Effect.as(Scope.addFinalizer(scope, listener.close), listener))
      })
    )
  )

const bind = (server: Net.Server, options: ListenOptions): Effect.Effect<Listener, TransportError> =>
  Effect.callback<Listener, TransportError>((resume) => {
    const onError = (error: Error): void => {
      resume(Effect.fail(transportError("listen", codeOf(error), formatEndpoint(options), error)))
    }
    server.on("error", onError)
    server.once("listening", () => {
      const address = server.address()
      if (address === null || typeof address === "string") return onError(new Error("no address"))
      const listener = new TcpListener(server, address, options)
      server.off("error", onError)
      resume(Effect.succeed(listener))
    })
    const { host, port } = options
    // Exclusive: a worker of node:cluster would otherwise get a handle that its primary owns.
    server.listen({ host, port, backlog: backlogOf(options), exclusive: true })
  })
