/**
 * What a dialer needs on Node.js.
 *
 * @since 0.1.0
 */
import * as Layer from "effect/Layer"
import type { AddressResolver } from "effect/net/AddressResolver"
import type { Transport } from "tidegate/Transport"
import * as SystemResolver from "./SystemResolver.ts"
import * as TcpTransport from "./TcpTransport.ts"

/**
 * TCP and Unix sockets, and the system's resolver for names.
 *
 * **When to use**
 *
 * Provide it to a program that connects to others, by name or by address, and listens or not.
 *
 * @see `TcpTransport.layer`, `SystemResolver.layer`
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport | AddressResolver> = Layer.merge(TcpTransport.layer, SystemResolver.layer)
