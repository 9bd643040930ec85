/**
 * Names → IP addresses, the same way for listening and dialling.
 */
import { isIP } from "node:net"
import * as Effect from "effect/Effect"
import type { InetEndpoint } from "tidegate/Address"
import { formatEndpoint } from "tidegate/Address"
import { type Operation, type TransportError, transportError } from "tidegate/Errors"
import { systemLookups } from "./Lookups.ts"
import { codeOf } from "./SystemError.ts"

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
  const failure = (code: string, cause?: unknown): TransportError =>
    transportError(operation, code, formatEndpoint(endpoint), cause)
  return systemLookups.ask(host).pipe(
    Effect.mapError((error) => failure(codeOf(error), error)),
    Effect.flatMap((found) => {
      const chosen = addressOf(found.map(({ address }) => address))
      return chosen === undefined ? Effect.fail(failure("ENOTFOUND")) : Effect.succeed(chosen)
    })
  )
}

/** @source S83: of a name with several addresses the first IPv4 one counts; the system's order differs between machines */
const addressOf = (addresses: ReadonlyArray<string>): string | undefined =>
  addresses.find((address) => isIP(address) === 4) ?? addresses.find((address) => !isLinkLocal(address)) ?? addresses[0]

/** Without a zone, which a name does not give, nothing can be bound to one (RFC 4007, section 11). */
const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address)
