/**
 * Names → every IP address that they have, by the resolver of the operating system.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AddressResolver from "effect/net/AddressResolver"
import * as NetAddress from "effect/net/NetAddress"
import { systemLookups } from "./Lookups.ts"
import { systemDns } from "./SystemDns.ts"
import { addressesOf } from "./Zones.ts"

const scopeId: AddressResolver.ScopeIdLookup = (name) =>
  Effect.try({
    try: () => NetAddress.scopeIdFromInterface(addressesOf(name)),
    catch: () =>
      new NetAddress.NetAddressError({ input: name, message: "the interfaces of this host cannot be listed" })
  })

/**
 * The system's resolver: the hosts file, name servers, and whatever else the machine asks for names.
 *
 * **When to use**
 *
 * Provide it to a dialer; `NodeDialer.layer` does, together with the transport.
 *
 * **Shapes**
 *
 * - Addresses come in the system's order, of both families. Zones of literals (`fe80::1%eth0`) are those of this host's interfaces.
 *
 * **Errors**
 *
 * - `DnsError`, with the system's error as its `cause`; `NetAddressError` for a zone that no interface has.
 *
 * **Interruption**
 *
 * - Nobody waits for an answer any longer. The system cannot be called off: what it was asked runs on, and takes its place until then.
 *
 * **Limits**
 *
 * - Two names are asked for at once, in the whole process; who asks for the same name shares the answer. A name server that is silent
 *   keeps others waiting, for as long as the system tries: bound the wait, as a dialer's `connectTimeout` does.
 *
 * @category layers
 * @source FF-83, getaddrinfo(3)
 * @since 0.1.0
 */
export const layer: Layer.Layer<AddressResolver.AddressResolver> = Layer.succeed(
  AddressResolver.AddressResolver,
  AddressResolver.make(systemDns(systemLookups), { scopeId })
)
