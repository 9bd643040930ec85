/**
 * The system's resolver as Effect's `Dns`: addresses of names only.
 */
import * as Effect from "effect/Effect"
import * as Dns from "effect/net/Dns"
import * as NetAddress from "effect/net/NetAddress"
import * as Result from "effect/Result"
import type { Lookups } from "./Lookups.ts"
import { codeOf } from "./SystemError.ts"

const reasons: ReadonlyMap<string, Dns.DnsErrorReason> = new Map<string, Dns.DnsErrorReason>([
  ["ENOTFOUND", "NotFound"],
  ["ENODATA", "NotFound"],
  ["EAI_AGAIN", "Temporary"],
  ["EAI_MEMORY", "Temporary"],
  ["ENOMEM", "Temporary"],
  ["EMFILE", "Temporary"],
  ["EAI_FAIL", "ServerFailure"],
  ["ETIMEOUT", "Timeout"],
  ["ETIMEDOUT", "Timeout"],
  ["ECONNREFUSED", "Refused"]
])

const dnsError = (hostname: string, cause: NodeJS.ErrnoException): Dns.DnsError =>
  new Dns.DnsError({ reason: reasons.get(codeOf(cause)) ?? "Unknown", method: "lookup", hostname, cause })

/** @source getaddrinfo(3), dns.lookup() of Node: the errors that it makes of EAI_… */
export const systemDns = (lookups: Lookups): Dns.Dns["Service"] =>
  Dns.make({
    lookup: (host) =>
      lookups.ask(host).pipe(
        Effect.mapError((error) => dnsError(host, error)),
        Effect.map((found) => found.map(({ address }) => NetAddress.ipFromString(address)).filter(Result.isSuccess)),
        Effect.map((parsed) => parsed.map(({ success }) => success))
      )
  })
