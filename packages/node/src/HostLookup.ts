/**
 * Names → IP addresses, the same way for listening and dialling.
 */
import { type LookupAllOptions, type LookupOptions, lookup } from "node:dns"
import type * as Net from "node:net"
import { isIP } from "node:net"
import * as Effect from "effect/Effect"
import type { InetEndpoint } from "tidegate/Address"
import { formatEndpoint } from "tidegate/Address"
import { type Operation, type TransportError, transportError } from "tidegate/Errors"
import { codeOf } from "./SystemError.ts"

/** @source S83: of a name with several addresses the first IPv4 one counts; the system's order differs between machines */
const ipv4First: LookupOptions = { order: "ipv4first" }

/**
 * The IP address that a name means here; an address means itself.
 *
 * **Errors**
 *
 * - `TransportError` with `ENOTFOUND` or `EAI_AGAIN`.
 *
 * **Interruption**
 *
 * - The question is left to itself; its answer is dropped.
 */
export const lookUp = (operation: Operation, endpoint: InetEndpoint): Effect.Effect<string, TransportError> => {
  const { host } = endpoint
  if (isIP(host) !== 0) return Effect.succeed(host)
  const options: LookupAllOptions = { ...ipv4First, all: true }
  return Effect.callback<string, TransportError>((resume) => {
    const failed = (code: string, cause?: unknown): void =>
      resume(Effect.fail(transportError(operation, code, formatEndpoint(endpoint), cause)))
    lookup(host, options, (error, addresses) => {
      if (error !== null) return failed(codeOf(error), error)
      const found = addresses.find(({ address }) => !isLinkLocal(address)) ?? addresses[0]
      if (found === undefined) failed("ENOTFOUND")
      else resume(Effect.succeed(found.address))
    })
  })
}

/** For `net.connect`: asks in the same order. */
export const lookUpForNode: Net.LookupFunction = (host, options, callback) =>
  lookup(host, { ...options, ...ipv4First }, callback)

/** Without a zone, which a name does not give, nothing can be bound to one (RFC 4007, section 11). */
const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address)
