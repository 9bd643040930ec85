/**
 * The errors of the runtime: tagged, with a class that says what a caller may do next.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"

/**
 * The operation that failed.
 *
 * @category models
 * @since 0.1.0
 */
export type Operation = "listen" | "accept" | "dial" | "read" | "write" | "end"

/**
 * What a failure means for the caller.
 *
 * - `timeout`: time ran out; the same call may succeed later.
 * - `temporary`: the same call may succeed later.
 * - `fatal`: this listener or connection is over.
 *
 * @category models
 * @source S88, S89
 * @since 0.1.0
 */
export type ErrorClass = "timeout" | "temporary" | "fatal"

/**
 * The code of an operation refused because this side closed or ended the connection or listener itself.
 *
 * @category codes
 * @since 0.1.0
 */
export const closedLocally = "ELOCAL"

/** Nothing is wrong with the call: it was interrupted, would block, or found a resource used up that comes back. */
const temporary = ["EAGAIN", "EWOULDBLOCK", "EINTR", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAI_AGAIN"]

/**
 * Errors of the connection that was about to be accepted, not of accepting: the next one may be fine.
 *
 * @internal
 * @source accept(2), error handling: network errors already pending on the new connection, and EPERM for firewall rules
 */
export const ofOneConnection: ReadonlySet<string> = new Set([
  ...["ECONNABORTED", "EPROTO", "EPERM", "EINTR"],
  ...["EHOSTDOWN", "EHOSTUNREACH", "ENETUNREACH", "ENONET", "ENOPROTOOPT"]
])

const temporaryAccept = new Set([...temporary, ...ofOneConnection])
const temporaryDial = new Set([...temporary, "ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"])
const temporaryIO = new Set(temporary)

/**
 * Decides the class of a platform error, once, where it enters the runtime.
 *
 * **Shapes**
 *
 * - `code` is an errno name (`ECONNRESET`); an unknown one is `fatal`.
 *
 * @category classification
 * @source accept(2): network errors already pending on the new connection are reported by accept and should be retried
 * @since 0.1.0
 */
export const classify = (operation: Operation, code: string): ErrorClass => {
  if (code === "ETIMEDOUT") return "timeout"
  switch (operation) {
    case "accept":
      return temporaryAccept.has(code) ? "temporary" : "fatal"
    case "dial":
      return temporaryDial.has(code) ? "temporary" : "fatal"
    default:
      return temporaryIO.has(code) ? "temporary" : "fatal"
  }
}

const explanations = new Map(
  Object.entries({
    EADDRINUSE: "address already in use: another process listens there, choose another port or stop it",
    EADDRNOTAVAIL: "address not available: no interface of this host has it",
    EACCES: "permission denied: ports below 1024 need CAP_NET_BIND_SERVICE or a higher port",
    ENOTFOUND: "unknown host name",
    EAI_AGAIN: "the name server did not answer: the name may resolve later",
    EINVAL: "invalid address",
    ERR_SOCKET_BAD_PORT: "the port must be a whole number from 0 to 65535",
    ECONNREFUSED: "connection refused: nothing listens there",
    ECONNRESET: "connection reset by peer",
    EPIPE: "the peer has closed the connection",
    ETIMEDOUT: "timed out",
    EMFILE: "too many open files in this process: raise `ulimit -n` or lower the number of connections",
    ENFILE: "too many open files in the system",
    [closedLocally]: "closed by this side"
  })
)

/** Where it exists, V8 takes as many frames of the stack as it says. */
const v8Error: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error

/** `Error` may be frozen (`node --frozen-intrinsics`): then there is a stack. */
const setStackTraceLimit = (limit: number | undefined): void => void Reflect.set(v8Error, "stackTraceLimit", limit)

interface TransportFailure {
  readonly operation: Operation
  readonly code: string
  readonly errorClass: ErrorClass
  readonly address?: string
  readonly cause?: unknown
}

/**
 * A failure of the network or of the transport under it.
 *
 * **Shapes**
 *
 * - `operation`, `code` (errno name, or {@link closedLocally}), `errorClass`, and `address` (printed, where known).
 * - `message` carries all of them and what to do: `listen 127.0.0.1:80: permission denied: … (EACCES)`.
 * - It has no stack: it comes from the network, and where the runtime stood then tells nobody anything.
 *
 * @category errors
 * @source S61, S82
 * @since 0.1.0
 */
export class TransportError extends Data.TaggedError("TransportError")<TransportFailure> {
  constructor(failure: TransportFailure) {
    // One is built for each connection that a hard shutdown aborts, and most of its cost is the stack: 6.0 µs with it, 0.9 without.
    const { stackTraceLimit } = v8Error
    setStackTraceLimit(0)
    super(failure)
    setStackTraceLimit(stackTraceLimit)
  }

  override get message(): string {
    const where = this.address === undefined ? this.operation : `${this.operation} ${this.address}`
    const why = explanations.get(this.code)
    return why === undefined ? `${where}: ${this.code}` : `${where}: ${why} (${this.code})`
  }
}

/**
 * Makes a {@link TransportError} with the class that its operation and code ask for.
 *
 * @category constructors
 * @since 0.1.0
 */
export const transportError = (operation: Operation, code: string, address?: string, cause?: unknown): TransportError =>
  new TransportError({
    operation,
    code,
    errorClass: classify(operation, code),
    ...(address === undefined ? {} : { address }),
    ...(cause === undefined ? {} : { cause })
  })

/**
 * Options that cannot be used; nothing was bound or started.
 *
 * **Shapes**
 *
 * - `message` names each key, its value and what is allowed.
 *
 * @category errors
 * @source B7
 * @since 0.1.0
 */
export class InvalidOptions extends Data.TaggedError("InvalidOptions")<{
  readonly issue: string
}> {
  override get message(): string {
    return `invalid options: ${this.issue}`
  }
}

/**
 * The server was shut down before it could do what was asked.
 *
 * @category errors
 * @source S15
 * @since 0.1.0
 */
export class ServerClosed extends Data.TaggedError("ServerClosed")<{
  readonly name: string
}> {
  override get message(): string {
    return `server ${this.name}: closed`
  }
}

/**
 * The listening socket died under a running server: nothing is accepted any more and every connection was aborted.
 *
 * @category errors
 * @source S17, S41
 * @since 0.1.0
 */
export class ListenerLost extends Data.TaggedError("ListenerLost")<{
  readonly address: string
  readonly cause: TransportError
}> {
  override get message(): string {
    return `listener ${this.address} lost: ${this.cause.message}`
  }
}
