/**
 * TCP and Unix sockets over node:net.
 *
 * @since 0.1.0
 */
import * as Layer from "effect/Layer"
import { Transport } from "tidegate/Transport"
import { descriptors } from "./Descriptors.ts"
import { listen } from "./Listen.ts"
import { resolve } from "./Resolve.ts"
import type { Reads } from "./SharedReads.ts"
import { dial } from "./TcpDial.ts"

/**
 * How the transport works, where there is a choice.
 *
 * **Shapes**
 *
 * - `reads`: default `shared`: all connections read into one buffer, and what they get is copied out of it once. On versions of Node on
 *   which that was not tested, and with `own`, Node makes memory for each read.
 *
 * @category options
 * @since 0.1.0
 */
export interface TcpOptions {
  readonly reads?: Reads | undefined
}

/**
 * {@link layer}, with other than the default options.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWith = ({ reads = "shared" }: TcpOptions): Layer.Layer<Transport> =>
  Layer.succeed(Transport, {
    name: "tcp",
    listen: (options) => listen(options, reads),
    dial: (options) => dial(options, reads),
    resolve,
    descriptors
  })

/**
 * The transport of Node.js: TCP and Unix sockets.
 *
 * **When to use**
 *
 * Provide it to a server or a dialer that is to run on real sockets.
 *
 * **Shapes**
 *
 * - `{ host, port }`: of a name with several addresses the first IPv4 one counts. The zone of an IPv6 address is the name or the number of
 *   an interface.
 * - `{ path, mode }`: a Unix socket. Its file appears with its mode, in a directory where one more name can be made for an instant. One
 *   that nobody listens on any more is replaced; to find that out it is dialled, so who does listen sees a connection that ends at
 *   once. A file that is no socket is never touched. Closing takes the file away, unless somebody else's lies there by then.
 * - `{ fd }`: a listening socket that was inherited, see `SystemdSockets`. It is closed with the listener; its file, if it has one,
 *   belongs to who has bound it.
 *
 * **Errors**
 *
 * - `TransportError` with the errno name as `code` (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`, `ENOTFOUND`, `ECONNREFUSED`),
 *   or `ERR_SOCKET_BAD_PORT`. Of `localAddress` also `ERR_INVALID_IP_ADDRESS` and `ERR_INVALID_ADDRESS_FAMILY`. Of paths also `EEXIST` (a file that is no socket), `ENAMETOOLONG` and `ENOENT` (no such directory); of
 *   descriptors `EBADF`, `ENOTSOCK` and `ERR_NOT_LISTENING`.
 *
 * **Interruption**
 *
 * - Of `listen` or `dial`: the attempt is abandoned at once and leaves no socket; `beforeConnect` is interrupted.
 *
 * **Limits**
 *
 * - Node accepts connections whether anybody takes them or not: see `maxUntaken` of `ListenOptions`.
 * - A socket has its descriptor only from the connecting on, so `beforeConnect` cannot change it.
 * - When the process has no descriptor left, Node accepts and closes silently; there is no error to see (FF-47).
 * - With shared reads a connection that has to wait holds up to 8 KiB besides what it has received, where that was little.
 * - While reading is paused, Node holds up to 128 KiB of a connection beyond `readAheadBytes`, unless reads are shared.
 * - A Unix connection cannot be reset: when it is aborted the peer sees EOF, or ECONNRESET if it had sent bytes that were not read.
 *   Its client's end has no name, so `remote` is an empty path.
 * - Two processes that take over one stale file in the same instant may both believe to have it.
 * - After a failed write nothing more can be read but what Node had read before (FF-25): with shared reads that is what stands in
 *   `readAheadBytes`. Of a reset a connection whose reading is paused hears when it reads on or writes.
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
 * @source FF-01, FF-07, FF-08, FF-17, FF-31, FF-37, FF-56, FF-57, FF-58, unix(7)
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport> = layerWith({})
