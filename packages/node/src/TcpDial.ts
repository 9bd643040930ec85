/**
 * One attempt to connect to one address over node:net.
 */

import * as Net from "node:net"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { formatEndpoint, fromNative, fromUnixPath, type InetEndpoint, isUnixEndpoint } from "tidegate/Address"
import { type TransportError, transportError } from "tidegate/Errors"
import {
  buffersOf,
  type Connection,
  type DialOptions,
  type DialTarget,
  dialTargetOf,
  formatDial,
  localAddressRefusal
} from "tidegate/Transport"
import { refusalOf, socketPath } from "./EndpointCheck.ts"
import type { Ends } from "./Ends.ts"
import { lookUp } from "./HostLookup.ts"
import type { Reads } from "./SharedReads.ts"
import { nodeSocketOptions } from "./SocketOptions.ts"
import { codeOf, syscallOf } from "./SystemError.ts"
import { TcpConnection } from "./TcpConnection.ts"
import { nativeHost } from "./Zones.ts"

/** Everything that is known before there is a socket. */
interface Plan {
  readonly target: DialTarget
  readonly socket: Net.SocketConstructorOpts
  readonly connect: Net.SocketConnectOpts
}

/**
 * Dials.
 *
 * **Errors**
 *
 * - `TransportError` with operation `dial` and the errno name, `ERR_SOCKET_BAD_PORT`, or what is wrong with `localAddress`: no socket is
 *   left. What `beforeConnect` fails with.
 *
 * **Interruption**
 *
 * - The attempt is abandoned at once, `beforeConnect` is interrupted.
 */
export const dial = (options: DialOptions, reads: Reads): Effect.Effect<Connection, TransportError, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(planOf(options)), (plan) =>
      Effect.suspend(() => {
        // It gets its descriptor when it connects, so there is none to lose while the hook runs.
        const socket = new Net.Socket({ ...plan.socket, allowHalfOpen: true })
        const connecting = Effect.andThen(prepare(plan, options), connect(socket, plan, options, reads))
        return restore(connecting).pipe(
          Effect.onError(() => Effect.sync(() => socket.destroy())),
          Effect.flatMap(ownedByScope)
        )
      })
    )
  )

const prepare = ({ target }: Plan, { beforeConnect }: DialOptions): Effect.Effect<void, TransportError> =>
  beforeConnect === undefined ? Effect.void : Effect.suspend(() => beforeConnect(target))

const ownedByScope = (connection: Connection): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (scope) => Effect.as(Scope.addFinalizer(scope, connection.abort), connection))

const planOf = (options: DialOptions): Effect.Effect<Plan, TransportError> =>
  Effect.suspend(() => {
    const refusal = refusalOf("dial", options)
    if (refusal !== undefined) return Effect.fail(refusal)
    if (!isUnixEndpoint(options)) return Effect.flatMap(lookUp("dial", options), (host) => inetPlan(options, host))
    const path = socketPath(options.path)
    return checked(options, { target: dialTargetOf(fromUnixPath(path)), socket: {}, connect: { path } })
  })

const inetPlan = (options: DialOptions & InetEndpoint, address: string): Effect.Effect<Plan, TransportError> => {
  const { port } = options
  const host = nativeHost(address)
  if (host === undefined) return Effect.fail(transportError("dial", "EADDRNOTAVAIL", formatEndpoint(options)))
  const target = dialTargetOf(fromNative(address, port))
  // One address, one attempt: Node would try several one after the other and cut each after 250 ms (FF-80).
  return checked(options, {
    target,
    socket: nodeSocketOptions(options),
    connect: { host, port, autoSelectFamily: false }
  })
}

/** The plan, with the address that the connection comes from. */
const checked = (options: DialOptions, plan: Plan): Effect.Effect<Plan, TransportError> => {
  const { localAddress } = options
  if (localAddress === undefined) return Effect.succeed(plan)
  const refusal = localAddressRefusal(options, plan.target, localAddress)
  if (refusal !== undefined) return Effect.fail(refusal)
  const host = nativeHost(localAddress)
  return host === undefined
    ? Effect.fail(transportError("dial", "EADDRNOTAVAIL", formatDial(options, localAddress)))
    : Effect.succeed({ ...plan, connect: { ...plan.connect, localAddress: host } })
}

const connect = (
  socket: Net.Socket,
  plan: Plan,
  options: DialOptions,
  reads: Reads
): Effect.Effect<Connection, TransportError> =>
  Effect.callback<Connection, TransportError>((resume) => {
    const onError = (error: Error): void => resume(Effect.fail(failureOf(error, options)))
    socket.on("error", onError)
    // Nothing is read before somebody wants it, as with an accepted connection.
    socket.pause()
    socket.once("connect", () => {
      const ends = endsOf(socket, plan.target)
      if (ends === undefined) {
        // The peer has reset it before the event came.
        resume(Effect.fail(transportError("dial", "ECONNRESET", formatEndpoint(options))))
        return
      }
      const connection = new TcpConnection(socket, buffersOf(options), ends, reads)
      socket.off("error", onError)
      resume(Effect.succeed(connection))
    })
    socket.connect(plan.connect)
  })

const failureOf = (error: Error, options: DialOptions): TransportError => {
  const isOfLocal = syscallOf(error) === "bind"
  return transportError("dial", codeOf(error), formatDial(options, isOfLocal ? options.localAddress : undefined), error)
}

const endsOf = (socket: Net.Socket, { address, network }: DialTarget): Ends | undefined => {
  if (network === "unix") return { local: fromUnixPath(""), remote: address }
  const { localAddress, localPort, remoteAddress, remotePort } = socket
  if (localAddress === undefined || localPort === undefined) return undefined
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  return { local: { host: localAddress, port: localPort }, remote: undefined }
}
