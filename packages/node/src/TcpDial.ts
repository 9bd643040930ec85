/**
 * One attempt to connect to one address over node:net.
 */

import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { formatEndpoint } from "tidegate/Address"
import { type TransportError, transportError } from "tidegate/Errors"
import { buffersOf, type Connection, type DialOptions } from "tidegate/Transport"
import { endpointRefusal, nodeSocketOptions } from "./SocketOptions.ts"
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
        const refusal = endpointRefusal("dial", options)
        if (refusal !== undefined) return Effect.fail(refusal)
        const { host, port } = options
        // One address, one attempt: Node would try several one after the other and cut each after 250 ms (FF-80).
        const socket = Net.connect({ ...nodeSocketOptions(options), host, port, autoSelectFamily: false })
        const connected = Effect.onInterrupt(restore(connect(socket, options)), () =>
          Effect.sync(() => socket.destroy())
        )
        return Effect.flatMap(connected, (connection) =>
          Effect.as(Scope.addFinalizer(scope, connection.abort), connection)
        )
      })
    )
  )

const connect = (socket: Net.Socket, options: DialOptions): Effect.Effect<Connection, TransportError> =>
  Effect.callback<Connection, TransportError>((resume) => {
    const onError = (error: Error): void => {
      resume(Effect.fail(transportError("dial", codeOf(error), formatEndpoint(options), error)))
    }
    socket.on("error", onError)
    // Nothing is read before somebody wants it, as with an accepted connection.
    socket.pause()
    socket.once("connect", () => {
      const { localAddress, localPort, remoteAddress, remotePort } = socket
      if (
        localAddress === undefined ||
        localPort === undefined ||
        remoteAddress === undefined ||
        remotePort === undefined
      ) {
        // The peer has reset it before the event came.
        resume(Effect.fail(transportError("dial", "ECONNRESET", formatEndpoint(options))))
        socket.destroy()
        return
      }
      const local = { host: localAddress, port: localPort }
      const connection = new TcpConnection(socket, buffersOf(options), local, { host: remoteAddress, port: remotePort })
      socket.off("error", onError)
      resume(Effect.succeed(connection))
    })
  })
