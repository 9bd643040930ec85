import { assert, describe, it } from "@effect/vitest"
import * as NetAddress from "effect/net/NetAddress"
import * as Schema from "effect/Schema"
import { format, formatEndpoint, formatUrl, fromNative, fromUnixPath, portOf } from "tidegate/Address"

const byte = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 255 })))
const port = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 65_535 })))

const unix = NetAddress.unixPathAddress("/run/app.sock")

describe("Address", () => {
  const native: ReadonlyArray<readonly [host: string, text: string]> = [
    ["127.0.0.1", "127.0.0.1:80"],
    ["0.0.0.0", "0.0.0.0:80"],
    ["::1", "[::1]:80"],
    ["::", "[::]:80"],
    ["2001:0DB8:0:0:0:0:0:1", "[2001:db8::1]:80"],
    ["::ffff:10.0.0.1", "10.0.0.1:80"],
    ["::ffff:0a00:1", "10.0.0.1:80"],
    ["0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1:80"],
    ["fe80::1%eth0", "[fe80::1]:80"],
    ["fe80::1%1", "[fe80::1]:80"],
    ["::ffff:10.0.0.1%lo", "10.0.0.1:80"]
  ]
  for (const [host, text] of native) {
    it(`FF-54 ${host} is ${text}`, () => {
      const address = fromNative(host, 80)
      assert.strictEqual(format(address), text)
      assert.strictEqual(formatUrl(address), `tcp://${text}`)
      assert.strictEqual(portOf(address), 80)
    })
  }

  it.prop(
    "FF-54 however an IPv4 peer is reported, it is the same value",
    { bytes: Schema.Tuple([byte, byte, byte, byte]), port },
    ({ bytes, port }) => {
      const plain = bytes.join(".")
      const hex = bytes.map((part) => part.toString(16).padStart(2, "0"))
      const [a, b, c, d] = hex
      const mapped = [`::ffff:${plain}`, `::ffff:${a}${b}:${c}${d}`, `::FFFF:${plain}%eth0`]
      const address = fromNative(plain, port)
      assert.isTrue(NetAddress.isInetAddressV4(address))
      for (const host of mapped) assert.deepStrictEqual(fromNative(host, port), address)
      assert.strictEqual(format(address), `${plain}:${port}`)
    }
  )

  it("a Unix path has no port and its own URL", () => {
    assert.strictEqual(format(unix), "/run/app.sock")
    assert.strictEqual(formatUrl(unix), "unix:///run/app.sock")
    assert.isUndefined(portOf(unix))
  })

  it("a Unix socket may have an abstract name, or none", () => {
    assert.strictEqual(format(fromUnixPath("\0app")), "@app")
    assert.strictEqual(formatUrl(fromUnixPath("\0app")), "unix://@app")
    assert.strictEqual(format(fromUnixPath("")), "unnamed")
    assert.strictEqual(formatEndpoint({ path: "\0app" }), "@app")
    assert.strictEqual(formatEndpoint({ path: "run/app.sock" }), "run/app.sock")
    assert.strictEqual(formatEndpoint({ fd: 3 }), "fd 3")
  })

  it("S82 an endpoint that may not exist is printed as it was asked for", () => {
    assert.strictEqual(formatEndpoint({ host: "localhost", port: 0 }), "localhost:0")
    assert.strictEqual(formatEndpoint({ host: "::1", port: 80 }), "[::1]:80")
    assert.strictEqual(formatEndpoint({ host: "not a host", port: 70_000 }), "not a host:70000")
  })
})
