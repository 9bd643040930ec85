/**
 * The errors of the runtime: tagged, with a class that says what a caller may do next.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import { classify, codes, type ErrorClass, type Operation } from "./ErrorCodes.ts"

export { classify, closedLocally, type ErrorClass, type Operation } from "./ErrorCodes.ts"

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
    const facts = codes.get(this.code)
    const special = isPath(this.address) ? facts?.saysOfPath : this.operation === "dial" ? facts?.saysOfDial : undefined
    const why = special ?? facts?.says
    return why === undefined ? `${where}: ${this.code}` : `${where}: ${why} (${this.code})`
  }
}

/** Addresses of the internet begin otherwise; `@` stands before abstract names. */
const isPath = (address = ""): boolean => address.startsWith("/") || address.startsWith("@")

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
 * The endpoint of a restart has the port of the one that is listened on, and one of the two takes all addresses: the system would
 * refuse the second, and nothing tells which of them was meant.
 *
 * @category errors
 * @source S31
 * @since 0.1.0
 */
export class EndpointOverlap extends Data.TaggedError("EndpointOverlap")<{
  readonly wanted: string
  readonly bound: string
}> {
  override get message(): string {
    return `listen ${this.wanted}: overlaps ${this.bound}, where this server listens: ask for the same address or another port`
  }
}

/**
 * The listening socket died under a running server, and with it the server: its connections were aborted, or drained where
 * `onListenerLost` says so.
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
