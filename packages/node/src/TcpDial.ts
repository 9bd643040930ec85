/**
 * One attempt to connect to one address over node:net.
 */

import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { formatEndpoint, fromUnixPath, isUnixEndpoint } from "tidegate/Address"
import { type TransportError, transportError } from "tidegate/Errors"
import { buffersOf, type Connection, type DialOptions } from "tidegate/Transport"
import { refusalOf, socketPath } from "./EndpointCheck.ts"
import type { Ends } from "./Ends.ts"
import { lookUpForNode } from "./HostLookup.ts"
import { nodeSocketOptions } from "./SocketOptions.ts"
import { codeOf } from "./SystemError.ts"
import { TcpConnection } from "./TcpConnection.ts"

/**
 * Dials.
 *
 * **Errors**
 *
 * - `TransportError` with operation `dial` and the errno name, or `ERR_SOCKET_BAD_PORT`: no socket is left.
 *
 * **Interruption**
 *
 * - The attempt is abandoned at once.
 */
export const dial = (options: DialOptions): Effect.Effect<Connection, TransportError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.suspend(() => {
        const refusal = refusalOf("dial", options)
        if (refusal !== undefined) return Effect.fail(refusal)
        const socket = open(options)
        const connected = Effect.onInterrupt(restore(connect(socket, options)), () =>
          Effect.sync(() => socket.destroy())
        )
        return Effect.flatMap(connected, (connection) =>
          Effect.as(Scope.addFinalizer(scope, connection.abort), connection)
        )
      })
    )
  )

const open = (options: DialOptions): Net.Socket => {
  if (isUnixEndpoint(options)) return Net.connect({ path: socketPath(options.path), allowHalfOpen: true })
  const { host, port } = options
  // One address, one attempt: Node would try several one after the other and cut each after 250 ms (FF-80).
  const attempt = { host, port, autoSelectFamily: false, lookup: lookUpForNode }
  return Net.connect({ ...nodeSocketOptions(options), ...attempt, allowHalfOpen: true })
}

const connect = (socket: Net.Socket, options: DialOptions): Effect.Effect<Connection, TransportError> =>
  Effect.callback<Connection, TransportError>((resume) => {
    const onError = (error: Error): void => {
      resume(Effect.fail(transportError("dial", codeOf(error), formatEndpoint(options), error)))
    }
    socket.on("error", onError)
    // Nothing is read before somebody wants it, as with an accepted connection.
    socket.pause()
    socket.once("connect", () => {
      const ends = endsOf(socket, options)
      if (ends === undefined) {
        // The peer has reset it before the event came.
        resume(Effect.fail(transportError("dial", "ECONNRESET", formatEndpoint(options))))
        socket.destroy()
        return
      }
      const connection = new TcpConnection(socket, buffersOf(options), ends)
      socket.off("error", onError)
      resume(Effect.succeed(connection))
    })
  })

const endsOf = (socket: Net.Socket, options: DialOptions): Ends | undefined => {
  if (isUnixEndpoint(options)) return { local: fromUnixPath(""), remote: fromUnixPath(socketPath(options.path)) }
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  if (localAddress === undefined || localPort === undefined) return undefined
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  return { local: { host: localAddress, port: localPort }, remote: { host: remoteAddress, port: remotePort } }
}
