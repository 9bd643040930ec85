/**
 * What the codes of errors mean: one table, which the classes, the predicates, the messages and `docs/errors.md` come from.
 *
 * @since 0.1.0
 */

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

/**
 * What is known of a code; what is left out is `fatal` for every operation.
 *
 * - `saysOfPath`: in place of `says`, where the address is the path of a Unix socket.
 * - `saysOfDial`: the same of a dial.
 * - `temporary`: the operations for which the same call may succeed later.
 * - `isOfOneConnection`: reported by accept, it is about the connection that was to be accepted, and the next one may be fine.
 * - `tookNothing`: reported by write, not a byte was taken and the connection is as it was.
 */
export interface CodeFacts {
  readonly says: string
  readonly saysOfPath?: string
  readonly saysOfDial?: string
  readonly timeout?: boolean
  readonly temporary?: ReadonlyArray<Operation>
  readonly isOfOneConnection?: boolean
  readonly tookNothing?: boolean
}

const always: ReadonlyArray<Operation> = ["listen", "accept", "dial", "read", "write", "end"]

/** Nothing is wrong with the call: it was interrupted, would block, or found a resource used up that comes back. */
const passing = {
  EAGAIN: { says: "nothing is ready now", temporary: always, tookNothing: true },
  EWOULDBLOCK: { says: "nothing is ready now", temporary: always, tookNothing: true },
  EINTR: { says: "interrupted by a signal", temporary: always, isOfOneConnection: true, tookNothing: true },
  EMFILE: {
    says: "too many open files in this process: raise `ulimit -n` or lower the number of connections",
    temporary: always
  },
  ENFILE: { says: "too many open files in the system", temporary: always },
  ENOBUFS: { says: "the kernel has no buffers left", temporary: always, tookNothing: true },
  ENOMEM: { says: "the kernel has no memory left", temporary: always, tookNothing: true },
  EAI_AGAIN: { says: "the name server did not answer: the name may resolve later", temporary: always }
}

const outOfTime = {
  ETIMEDOUT: { says: "timed out", timeout: true },
  ETIMEOUT: { says: "the name server did not answer in time", timeout: true },
  ERR_SOCKET_CONNECTION_TIMEOUT: { says: "the connection was not established in time", timeout: true }
}

/** @source accept(2), error handling: network errors already pending on the new connection, and EPERM for firewall rules */
const ofOneConnection = {
  ECONNABORTED: { says: "the connection was given up", temporary: ["accept", "dial"], isOfOneConnection: true },
  // What some systems report for a connection that its peer has reset before it was accepted. A dial meets it where a kernel closes
  // a listener and resets who is in its queue: the next one may be about to listen.
  ECONNRESET: { says: "connection reset by peer", temporary: ["accept", "dial"], isOfOneConnection: true },
  EPROTO: { says: "protocol error", temporary: ["accept"], isOfOneConnection: true },
  EPERM: {
    says: "forbidden by a rule of the firewall or the system",
    // A sticky directory lets only the owner remove a file: unlink(2). The new file gets its name by link(2).
    saysOfPath: "not permitted: a file of another user stands there, or the file system has no hard links",
    temporary: ["accept"],
    isOfOneConnection: true
  },
  ENONET: { says: "the machine is on no network", temporary: ["accept"], isOfOneConnection: true },
  ENOPROTOOPT: { says: "protocol not available", temporary: ["accept"], isOfOneConnection: true },
  EHOSTDOWN: { says: "the host is down", temporary: ["accept", "dial"], isOfOneConnection: true },
  EHOSTUNREACH: { says: "no route to the host", temporary: ["accept", "dial"], isOfOneConnection: true },
  ENETDOWN: { says: "the network is down", temporary: ["accept", "dial"], isOfOneConnection: true },
  ENETUNREACH: { says: "no route to the network", temporary: ["accept", "dial"], isOfOneConnection: true }
} as const

const ofOthers = {
  ECONNREFUSED: { says: "connection refused: nothing listens there", temporary: ["dial"] },
  // To a dial it says that no local port is free now.
  EADDRNOTAVAIL: { says: "address not available: no interface of this host has it", temporary: ["dial"] },
  EPIPE: { says: "the peer has closed the connection" },
  ENOTCONN: { says: "not connected" },
  EADDRINUSE: {
    says: "address already in use: another process listens there, choose another port or stop it",
    // connect(2) from an address whose ports are all taken: one of them is free again as soon as some connection ends (S89).
    saysOfDial: "every local port of this address is taken: close connections, or dial from another address",
    temporary: ["dial"],
    saysOfPath: "address already in use: another process listens there, choose another path or stop it"
  },
  EACCES: {
    says: "permission denied: ports below 1024 need CAP_NET_BIND_SERVICE or a higher port",
    saysOfPath: "permission denied: listening needs a directory that may be written to, dialling a socket file"
  },
  EAFNOSUPPORT: { says: "this host has no addresses of that family" },
  EINVAL: { says: "invalid address" },
  EEXIST: { says: "a file that is no socket is in the way, and it is left as it is" },
  // Of a dial it says of a Unix socket what ECONNREFUSED says of a port: a server takes its file away when it stops.
  ENOENT: { says: "no such file or directory", temporary: ["dial"] },
  ENOTDIR: { says: "a part of the path is no directory" },
  ENAMETOOLONG: { says: "the path is too long" },
  EBADF: { says: "the descriptor is not open" },
  ENOTSOCK: { says: "the descriptor is no socket" },
  ERR_NOT_LISTENING: { says: "the descriptor is a socket that does not listen" },
  ENOTSUP: { says: "this platform cannot do that" },
  EOPNOTSUPP: { says: "this socket cannot do that" },
  ENOTFOUND: { says: "unknown host name" },
  ERR_INVALID_IP_ADDRESS: { says: "localAddress must be an IPv4 or IPv6 address, not a name" },
  ERR_INVALID_ADDRESS_FAMILY: { says: "localAddress must be of the family of the address that is dialled" },
  ERR_SOCKET_BAD_PORT: { says: "the port must be a whole number from 0 to 65535" },
  ERR_SERVER_NOT_RUNNING: { says: "the listening socket was closed by somebody else" },
  [closedLocally]: { says: "closed by this side" }
} as const

/** Every code that is known. */
export const codes: ReadonlyMap<string, CodeFacts> = new Map<string, CodeFacts>(
  Object.entries({ ...passing, ...outOfTime, ...ofOneConnection, ...ofOthers })
)

/**
 * Decides the class of a platform error, once, where it enters the runtime.
 *
 * **Shapes**
 *
 * - `code` is an errno name (`ECONNRESET`); an unknown one is `fatal`. All that are known stand in `docs/errors.md`.
 *
 * @see `classOf` of `ErrorClass` for errors of any kind
 * @category classification
 * @source accept(2): network errors already pending on the new connection are reported by accept and should be retried
 * @since 0.1.0
 */
export const classify = (operation: Operation, code: string): ErrorClass => {
  const facts = codes.get(code)
  if (facts?.timeout === true) return "timeout"
  return facts?.temporary?.includes(operation) === true ? "temporary" : "fatal"
}

/** Whether an accept error with this code is about the connection that was to be accepted, and about nothing else. */
export const isOfOneConnection = (code: string): boolean => codes.get(code)?.isOfOneConnection === true
