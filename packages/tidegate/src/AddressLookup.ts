/**
 * Names → addresses, through Effect's resolver, which is still marked experimental: this is the one place that knows it.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import { AddressResolver } from "effect/net/AddressResolver"
import type * as Dns from "effect/net/Dns"
import type * as NetAddress from "effect/net/NetAddress"
import type { InetEndpoint } from "./Address.ts"
import { noAddresses, type Resolution, resolutionOf } from "./DialReason.ts"
import { type Candidate, candidateOf } from "./Target.ts"

export { AddressResolver } from "effect/net/AddressResolver"

type Found = ReadonlyArray<NetAddress.InetAddress>
type Failed = Dns.DnsError | NetAddress.NetAddressError

/**
 * The addresses behind a name, in the resolver's order.
 *
 * **Shapes**
 *
 * - Whoever asks for a name that is being looked up by the same resolver gets the same answer: getaddrinfo(3) takes one of four threads
 *   for as long as it lasts. Answers are not kept.
 *
 * **Interruption**
 *
 * - At once, whatever the resolver does. A look-up that nobody waits for any more is interrupted.
 *
 * @source FF-83
 */
export const lookUp = (endpoint: InetEndpoint): Effect.Effect<ReadonlyArray<Candidate>, Resolution, AddressResolver> =>
  Effect.flatMap(AddressResolver, (resolver) =>
    Effect.contextWith((context: Context.Context<never>) => shared(resolver, endpoint.host, context))
  ).pipe(
    Effect.mapError(resolutionOf),
    Effect.flatMap((found) =>
      found.length === 0
        ? Effect.fail(noAddresses("ENOTFOUND", "the name has no addresses"))
        : Effect.succeed(found.map((address) => candidateOf(address, endpoint.port)))
    )
  )

interface Lookup {
  readonly fiber: Fiber.Fiber<Found, Failed>
  waiters: number
}

/** By resolver, so that programs with resolvers of their own do not meet. */
const inFlight = new WeakMap<AddressResolver["Service"], Map<string, Lookup>>()

const lookupsOf = (resolver: AddressResolver["Service"]): Map<string, Lookup> => {
  const known = inFlight.get(resolver)
  if (known !== undefined) return known
  const made = new Map<string, Lookup>()
  inFlight.set(resolver, made)
  return made
}

const shared = (
  resolver: AddressResolver["Service"],
  host: string,
  context: Context.Context<never>
): Effect.Effect<Found, Failed> =>
  Effect.callback<Found, Failed>((resume) => {
    const lookups = lookupsOf(resolver)
    const name = host.toLowerCase()
    const lookup = lookups.get(name) ?? start(resolver, name, lookups, context)
    lookup.waiters++
    const forget = lookup.fiber.addObserver((exit: Exit.Exit<Found, Failed>) => resume(exit))
    return Effect.sync(() => {
      forget()
      lookup.waiters--
      if (lookup.waiters > 0) return
      // Who asks from now on must not get the answer of one that is being given up.
      if (lookups.get(name) === lookup) lookups.delete(name)
      lookup.fiber.interruptUnsafe()
    })
  })

/** In a fiber of its own: it may outlive the dial that began it, for another one that waits for it too. */
const start = (
  resolver: AddressResolver["Service"],
  name: string,
  lookups: Map<string, Lookup>,
  context: Context.Context<never>
): Lookup => {
  // Names have no port; the one that is dialled is put in afterwards.
  const fiber = Effect.runForkWith(context)(Effect.suspend(() => resolver.resolve({ host: name, port: 0 })))
  const lookup: Lookup = { fiber, waiters: 0 }
  lookups.set(name, lookup)
  fiber.addObserver(() => {
    if (lookups.get(name) === lookup) lookups.delete(name)
  })
  return lookup
}
