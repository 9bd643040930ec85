/** Random headers of the PROXY protocol, and what a careless or an evil peer makes of them. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { ipv6Text } from "../../src/internal/ProxyIpv6.ts"
import type { ProxyAddress, ProxyHeader, ProxyOptions } from "../../src/Proxy.ts"
import { concat } from "./Bytes.ts"
import { headerOf, local } from "./ProxyHeaders.ts"
import { oneOf } from "./Streams.ts"

const whole = (minimum: number, maximum: number): Arbitrary.Arbitrary<number> =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

const interesting = [0, 0, 0, 1, 2, 10, 13, 32, 48, 58, 80, 127, 128, 192, 254, 255]

// Four bits of a number choose each byte: one random number for eight bytes, as making many costs more than all that is tested.
const chosen = (numbers: ReadonlyArray<number>): ReadonlyArray<number> =>
  numbers.flatMap((number) => Array.from({ length: 8 }, (_, index) => interesting[(number >>> (index * 4)) & 15] ?? 0))

const uint32 = whole(0, 0xffffffff)

const bytes = (most: number): Arbitrary.Arbitrary<Uint8Array> =>
  Arbitrary.all({ number: uint32, size: whole(0, most) }).pipe(
    Arbitrary.map(({ number, size }) => Uint8Array.from(chosen([number]).slice(0, size)))
  )

const paths = ["", "/", "/run/a.sock", "\0name", "\0a\0b", "é", "x".repeat(108)]

const shape = {
  kind: whole(0, 7),
  hosts: Arbitrary.array(uint32, { minLength: 4, maxLength: 4 }).pipe(Arbitrary.map(chosen)),
  from: whole(1, 65_535),
  to: whole(1, 65_535),
  tlvs: Arbitrary.array(Arbitrary.all({ type: oneOf([0, 1, 2, 5, 0x20, 0xe0, 255]), value: bytes(5) }), {
    maxLength: 3
  })
}

const address = (family: number, host: ReadonlyArray<number>, port: number): ProxyAddress => {
  if (family === 0) return { _tag: "Inet", host: host.slice(0, 4).join("."), port }
  if (family === 1) return { _tag: "Inet6", host: ipv6Text(host), port }
  return { _tag: "Unix", path: paths[port % paths.length] ?? "" }
}

/** Headers that can be encoded, those of version 1 as often as the others. */
export const header: Arbitrary.Arbitrary<ProxyHeader> = Arbitrary.all(shape).pipe(
  Arbitrary.map(({ from, hosts, kind, tlvs, to }): ProxyHeader => {
    const ends = (family: number) =>
      [address(family, hosts.slice(0, 16), from), address(family, hosts.slice(16), to)] as const
    if (kind === 0) return headerOf(1)
    if (kind === 1 || kind === 2) return headerOf(1, "stream", ends(kind - 1))
    if (kind === 3) return local
    if (kind === 4) return headerOf(2, "unspecified", undefined, tlvs)
    return headerOf(2, from % 2 === 0 ? "stream" : "datagram", ends(kind - 5), tlvs)
  })
)

/** Options that refuse none of these headers for its version. */
export const options: Arbitrary.Arbitrary<ProxyOptions & { readonly alignTo: number }> = Arbitrary.all({
  alignTo: oneOf([1, 1, 2, 3, 4, 5, 16, 100]),
  sums: whole(0, 1)
}).pipe(Arbitrary.map(({ alignTo, sums }) => ({ alignTo, checksum: sums === 0 ? "verify" : "write" })))

export const payload = bytes(8)

/** What is done to one place of a stream. */
export interface Mutation {
  readonly at: number
  readonly how: number
  readonly byte: number
}

export const mutations: Arbitrary.Arbitrary<ReadonlyArray<Mutation>> = Arbitrary.array(
  Arbitrary.all({
    at: whole(0, 60),
    how: whole(0, 4),
    byte: oneOf([0, 1, 2, 3, 4, 5, 10, 13, 16, 17, 32, 33, 46, 48, 49, 50, 53, 58, 65, 80, 102, 255])
  }),
  { maxLength: 3 }
)

/** Another byte, a bit turned, one more, one less, or nothing from here on. */
export const mutated = (stream: Uint8Array, { at, byte: other, how }: Mutation): Uint8Array => {
  const place = at % (stream.length + 1)
  const [before, after] = [stream.slice(0, place), stream.slice(place)]
  if (how === 0) return concat([before, Uint8Array.of(other), after.slice(1)])
  if (how === 1) return concat([before, after.slice(0, 1).map((own) => own ^ (1 << (other % 8))), after.slice(1)])
  if (how === 2) return concat([before, Uint8Array.of(other), after])
  return how === 3 ? concat([before, after.slice(1)]) : before
}
