/**
 * Operations that fail: with which codes, and what that may cost.
 */
import type { NetworkOperation } from "@tidegate/testing/NetworkFaults"
import type { TraceEntry } from "@tidegate/testing/Trace"

/** Codes of each class, as far as an operation has them; the first one of all shows which operation it is that fails. */
export const probe = "EIO"

export const codes: { readonly [operation in NetworkOperation]: ReadonlyArray<string> } = {
  listen: ["ETIMEDOUT", "EMFILE", "ENOBUFS", "EADDRINUSE", "EACCES"],
  accept: ["ETIMEDOUT", "EMFILE", "ENFILE", "ECONNABORTED", "EAGAIN", "EPERM", "EBADF", "EINVAL"],
  dial: ["ETIMEDOUT", "EAGAIN", "ECONNREFUSED", "EHOSTUNREACH", "EACCES"],
  read: ["ETIMEDOUT", "EAGAIN", "EINTR", "ENOMEM", "ECONNRESET", "EBADF"],
  write: ["ETIMEDOUT", "EAGAIN", "ENOBUFS", "ENOMEM", "ECONNRESET", "EPIPE", "EBADF"],
  end: ["ETIMEDOUT", "EAGAIN", "ENOTCONN"],
  close: ["ETIMEDOUT", "EINTR"]
}

/** An operation that has failed. */
export interface Failed {
  readonly operation: NetworkOperation
  readonly end: string
  readonly code: string
  /** Where in the trace. */
  readonly entry: number
}

export const failedIn = (entries: ReadonlyArray<TraceEntry>): ReadonlyArray<Failed> =>
  entries.flatMap(({ event, source }, entry) =>
    source === "network" && event.event === "operationFailed"
      ? [{ operation: event.operation, end: event.end, code: event.code, entry }]
      : []
  )

/** libuv does it again, and nobody is told. */
const unseen: { readonly [operation in NetworkOperation]?: ReadonlyArray<string> } = {
  read: ["EAGAIN", "EINTR"],
  write: ["EAGAIN", "ENOBUFS"]
}

export const isUnseen = ({ code, operation }: Failed): boolean => unseen[operation]?.includes(code) ?? false

/** accept(2): errors of one connection, and of resources that come back; all others are of the listening socket itself. */
const passing = new Set([
  ...["ETIMEDOUT", "EAGAIN", "EINTR", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"],
  ...["ECONNABORTED", "ECONNRESET", "EPERM", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH"]
])

export const endsListener = ({ code, operation }: Failed): boolean => operation === "accept" && !passing.has(code)
