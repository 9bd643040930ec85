/**
 * Faults of single operations: what each call into the platform would show if it failed.
 *
 * @since 0.1.0
 */
import type { Connection } from "tidegate/Transport"

/**
 * A call that a transport makes into the platform.
 *
 * @category models
 * @since 0.1.0
 */
export type NetworkOperation = "listen" | "accept" | "dial" | "read" | "write" | "end" | "close"

/**
 * One operation that fails, once.
 *
 * **Shapes**
 *
 * - `nth`: which one of those that match, counted from 1 from the moment at which the fault is set; default the next one.
 * - `operation`: only of this kind. `end`: only of this end, a connection or its label, `c7` or `s7`; `c` or `s` for all dialling
 *   or all accepting ends. `listen` has the endpoint that is asked for as its end, and `accept` the accepting end of the
 *   connection.
 * - `code`: the errno name.
 * - `unprompted`: the next `read` of one open end fails although nothing has arrived, as when the kernel gives up a peer that
 *   answers no probes; without `nth`. It is no operation of the count.
 *
 * What fails how follows node:net:
 *
 * | operation | counted | what its failure shows |
 * |---|---|---|
 * | `listen` | each `listen` | it fails with the code; nothing is bound |
 * | `dial` | each `dial` | it fails with the code, a turn later; nothing is sent |
 * | `accept` | each connection that is accepted | an accept error; the connection is reset |
 * | `read` | each read that finds bytes, FIN or RST | `EAGAIN`, `EWOULDBLOCK`, `EINTR`: read again a turn later. Others: the connection is closed |
 * | `write` | each write, which is always accepted | `EAGAIN`, `EWOULDBLOCK`, `EINTR`, `ENOBUFS`: written a turn later. Others: the bytes are lost, and a turn later the connection is closed; what had arrived stays readable |
 * | `end` | each `end` | nothing: it looks done. But FIN leaves only with the close |
 * | `close` | each `abort` and `release` | nothing: the descriptor is given back all the same |
 *
 * Closed are connections with the reason `reset-received` for `ECONNRESET`, `EPIPE` and `ECONNABORTED`; with `timeout` for
 * `ETIMEDOUT`, `EHOSTUNREACH`, `ENETUNREACH` and `EHOSTDOWN`; and with `failed` for any other code. Their peer is reset.
 *
 * @category models
 * @source libuv, src/unix/stream.c: uv__read, uv__write (IS_TRANSIENT_WRITE_ERROR), uv__drain; Node 24, lib/net.js: afterShutdown
 *   ignores the status; close(2): on Linux the descriptor is released early, also where an error is reported
 * @since 0.1.0
 */
export interface OperationFault {
  readonly nth?: number | undefined
  readonly operation?: NetworkOperation | undefined
  readonly end?: Connection | string | undefined
  readonly code: string
  readonly unprompted?: boolean | undefined
}
