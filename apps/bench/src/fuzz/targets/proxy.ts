import * as Proxy from "@tidegate/codec/Proxy"
import { content, target } from "../Batch.ts"
import type { Random } from "../Random.ts"

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
const words = Array.from("PROXY TCP4 TCP6 UNKNOWN 127.0.0.1 ::1 65535\r\n", (one) => one.charCodeAt(0))
const telling = [...words, ...signature, 0x20, 0x21, 0x11, 0x12, 0x31, 0, 12, 36]
const ports = [1, 80, 443, 65_535]

const addressesOf = (random: Random): readonly [Proxy.ProxyAddress, Proxy.ProxyAddress] => {
  const port = () => random.of(ports)
  const inet = (): Proxy.ProxyAddress => ({ _tag: "Inet", host: random.of(["0.0.0.0", "192.0.2.1"]), port: port() })
  const inet6 = (): Proxy.ProxyAddress => ({
    _tag: "Inet6",
    host: random.of(["::", "::1", "2001:db8::1", "::ffff:192.0.2.1"]),
    port: port()
  })
  const unix = (): Proxy.ProxyAddress => ({ _tag: "Unix", path: random.of(["", "/run/a.sock", "\0name"]) })
  const make = random.of([inet, inet6, unix])
  return [make(), make()]
}

const tlvsOf = (random: Random): ReadonlyArray<Proxy.ProxyTlv> =>
  Array.from({ length: random.small(3) }, () => ({
    type: random.of([1, 2, 5, 0x20, 0x30, 0xe0]),
    value: content(random, telling, random.small(12))
  }))

export const proxy = target({
  name: "proxy",
  options: (random) => ({
    versions: random.of(["both", "1", "2"] as const),
    maxHeaderBytes: random.of([undefined, 16, 107, 108, 200, 536, null]),
    checksum: random.of(["verify", "write", "require"] as const),
    alignTo: random.of([1, 1, 4, 64])
  }),
  codec: (options) => Proxy.tryMake(options),
  bound: ({ maxHeaderBytes }) => Math.max(maxHeaderBytes === undefined ? 536 : (maxHeaderBytes ?? 65_551), 107) - 1,
  telling: () => telling,
  givesOne: true,
  frame: (random, { versions }): Proxy.ProxyHeader => {
    const version = versions === "both" ? random.of([1, 2] as const) : versions === "1" ? 1 : 2
    const [source, destination] = addressesOf(random)
    const isLocal = version === 2 && random.oneIn(4)
    return {
      version,
      command: isLocal ? "local" : "proxy",
      transport: isLocal ? "unspecified" : random.of(["stream", "stream", "datagram"]),
      source: isLocal ? undefined : source,
      destination: isLocal ? undefined : destination,
      tlvs: version === 2 && !isLocal ? tlvsOf(random) : []
    }
  }
})
