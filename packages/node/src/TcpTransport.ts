/**
 * TCP over node:net.
 *
 * @since 0.1.0
 */
import * as Layer from "effect/Layer"
import { Transport } from "tidegate/Transport"
import { dial } from "./TcpDial.ts"
import { listen } from "./TcpListener.ts"

/**
 * The TCP transport of Node.js.
 *
 * **When to use**
 *
 * Provide it to a server or a dialer that is to run on real sockets.
 *
 * **Errors**
 *
 * - `TransportError` with the errno name as `code` (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`, `ECONNREFUSED`),
 *   or `ERR_SOCKET_BAD_PORT`.
 *
 * **Interruption**
 *
 * - Of `listen` or `dial`: the attempt is abandoned at once and leaves no socket.
 *
 * **Limits**
 *
 * - Node accepts connections whether anybody takes them or not: see `maxUntaken` of `ListenOptions`.
 * - When the process has no descriptor left, Node accepts and closes silently; there is no error to see (FF-47).
 * - While reading is paused, Node holds up to 128 KiB of a connection beyond `readAheadBytes`.
 * - After a failed write nothing more can be read but what Node had read before (FF-25).
 *
 * @example
 * ```ts
 * import * as TcpTransport from "@tidegate/node/TcpTransport"
 * import * as Effect from "effect/Effect"
 * import { format } from "tidegate/Address"
 * import { Transport } from "tidegate/Transport"
 *
 * const program = Effect.gen(function*() {
 *   const transport = yield* Transport
 *   const listener = yield* transport.listen({ host: "127.0.0.1", port: 0 })
 *   yield* Effect.log(`listening on ${format(listener.address)}`)
 * })
 *
 * Effect.runFork(Effect.scoped(program).pipe(Effect.provide(TcpTransport.layer)))
 * ```
 *
 * @category layers
 * @source FF-01, FF-07, FF-08, FF-17, FF-31, FF-37
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport> = Layer.succeed(Transport, { name: "tcp", listen, dial })
