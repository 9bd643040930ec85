/**
 * What a listening socket is bound to, and what follows from that for its connections.
 */
import type * as Net from "node:net"
import { type Address, fromNative, fromUnixPath } from "tidegate/Address"
import type { Ends } from "./Ends.ts"

export interface Binding {
  readonly address: Address
  /** It has listened before this process had it. */
  readonly isInherited: boolean
  /** Both ends of an accepted connection; `undefined`: its peer is gone already. */
  readonly ends: (socket: Net.Socket) => Ends | undefined
  /** Takes away what closing the socket would leave behind; called right before. */
  readonly vacate: () => void
}

/** Bound to one of these, each connection has a local address of its own. */
const wildcards = new Set(["::", "0.0.0.0"])

export const inetBinding = (bound: Net.AddressInfo, isInherited = false): Binding => {
  const address = fromNative(bound.address, bound.port)
  const common: Ends | undefined = wildcards.has(bound.address) ? undefined : { local: address, remote: undefined }
  return {
    address,
    isInherited,
    ends: (socket) => {
      if (socket.remoteAddress === undefined) return undefined
      if (common !== undefined) return common
      const local = { host: socket.localAddress ?? bound.address, port: socket.localPort ?? bound.port }
      return { local, remote: undefined }
    },
    vacate: nothing
  }
}

export const unixBinding = (path: string, vacate: () => void = nothing): Binding => {
  const address = fromUnixPath(path)
  // Node does not say whether the peer has bound its own end to a path.
  const ends = { local: address, remote: fromUnixPath("") }
  // Its sockets have none of the options that could be inherited.
  return { address, isInherited: false, ends: () => ends, vacate }
}

const nothing = (): void => {}
