/**
 * The address that an endpoint means here.
 */
import * as Effect from "effect/Effect"
import {
  type Address,
  type Endpoint,
  formatEndpoint,
  fromNative,
  fromUnixPath,
  isInetEndpoint,
  isUnixEndpoint
} from "tidegate/Address"
import { type TransportError, transportError } from "tidegate/Errors"
import { refusalOf, socketPath } from "./EndpointCheck.ts"
import { lookUp } from "./HostLookup.ts"
import { inspectDescriptor, refusalOfDescriptor } from "./InheritedSocket.ts"

/**
 * The address to which `listen` would bind; nothing is opened.
 *
 * **Shapes**
 *
 * - Names are looked up, the first IPv4 address counts. Port 0 stays 0. Paths become absolute; links are not followed.
 * - A descriptor is looked up in the kernel's tables.
 *
 * **Errors**
 *
 * - `TransportError` with operation `listen`: `ENOTFOUND`, `EAI_AGAIN`, or what `listen` would refuse at once. `ENOTSUP`: a
 *   descriptor about which this platform does not tell.
 *
 * @source S31, S83
 */
export const resolve = (endpoint: Endpoint): Effect.Effect<Address, TransportError> =>
  Effect.suspend(() => {
    const refusal = refusalOf("listen", endpoint)
    if (refusal !== undefined) return Effect.fail(refusal)
    if (isUnixEndpoint(endpoint)) return Effect.succeed(fromUnixPath(socketPath(endpoint.path)))
    if (!isInetEndpoint(endpoint)) return addressOfDescriptor(endpoint.fd)
    return Effect.map(lookUp("listen", endpoint), (host) => fromNative(host, endpoint.port))
  })

const addressOfDescriptor = (fd: number): Effect.Effect<Address, TransportError> => {
  const found = inspectDescriptor(fd)
  const code = found === "unknown" ? "ENOTSUP" : refusalOfDescriptor(found)
  return typeof found === "object" && code === undefined
    ? Effect.succeed(found.address)
    : Effect.fail(transportError("listen", code ?? "ENOTSUP", formatEndpoint({ fd })))
}
