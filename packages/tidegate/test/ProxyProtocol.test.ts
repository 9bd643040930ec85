/**
 * Whose headers count: the option, and the addresses that it means.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type Address, fromNative, fromUnixPath } from "tidegate/Address"
import * as Handler from "tidegate/Handler"
import { check, type ServerOptions } from "tidegate/ServerOptions"
import { proxyRule } from "../src/ProxyProtocol.ts"

const anEntry =
  'expected an IP address, a block of them such as "10.0.0.0/8" or "2001:db8::/32", or "unix" for peers on a Unix domain socket'
const handler = Handler.connection(() => Effect.void)

/** What is wrong with it, by the check of all options. */
const issue = (proxyProtocol: unknown) =>
  Effect.map(Effect.flip(check({ handler, proxyProtocol } as ServerOptions)), (error) => error.issue)

describe("proxyProtocol refuses", () => {
  const refused: ReadonlyArray<readonly [value: unknown, issue: string]> = [
    [true, "proxyProtocol: got true, expected an object with trusted"],
    [null, "proxyProtocol: got null, expected an object with trusted"],
    [["10.0.0.0/8"], "proxyProtocol: got an object, expected an object with trusted"],
    [{}, "proxyProtocol.trusted: got undefined, expected a list with at least one entry: "],
    [{ trusted: [] }, "proxyProtocol.trusted: got an empty list, expected a list with at least one entry: "],
    [{ trusted: "10.0.0.0/8" }, 'proxyProtocol.trusted: got "10.0.0.0/8", expected a list with at least one entry: '],
    [{ trusted: ["::1", 5] }, `proxyProtocol.trusted[1]: got 5, ${anEntry}`],
    ...["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/", "/8", "::/129", "localhost", "any", "Unix"].map(
      (entry) => [{ trusted: [entry] }, `proxyProtocol.trusted[0]: got ${JSON.stringify(entry)}, ${anEntry}`] as const
    ),
    [{ trusted: ["10.0.0.1/8"] }, `${anEntry}; with no bit behind its prefix it would be "10.0.0.0/8"`],
    [{ trusted: ["2001:db8::1/32"] }, `${anEntry}; with no bit behind its prefix it would be "2001:db8::/32"`],
    [
      { trusted: ["::1"], trust: 1 },
      "proxyProtocol.trust: unknown option, known are trusted, versions, maxHeaderBytes, checksum"
    ],
    [{ trusted: ["::1"], alignTo: 4 }, "proxyProtocol.alignTo: unknown option"],
    [{ trusted: ["::1"], versions: 2 }, 'proxyProtocol.versions: got 2, expected "both" or "1" or "2"'],
    [{ trusted: ["::1"], maxHeaderBytes: 15 }, "proxyProtocol.maxHeaderBytes: got 15, expected 16 or more"],
    [{ trusted: ["::1"], maxHeaderBytes: 0 }, "proxyProtocol.maxHeaderBytes: got 0, expected "],
    [{ trusted: ["::1"], checksum: "write" }, 'proxyProtocol.checksum: got "write", expected "verify" or "require"'],
    [
      { trusted: ["::1"], checksum: "require" },
      'proxyProtocol.checksum: got "require", expected "verify", or versions: "2"'
    ]
  ]
  for (const [value, expected] of refused) {
    it.effect(`B7 FF-76 ${JSON.stringify(value)}`, () =>
      Effect.map(issue(value), (issue) => {
        assert.include(issue, expected)
        assert.notInclude(issue, "; proxyProtocol")
      })
    )
  }

  it.effect("B7 each key that is wrong, at once", () =>
    Effect.map(issue({ trusted: ["no", "::1", "neither"], versions: "3", chekcsum: 1 }), (issue) => {
      const keys = issue.split("; ").map((line) => line.slice(0, line.indexOf(":")))
      assert.deepStrictEqual(keys, [
        "proxyProtocol.chekcsum",
        "proxyProtocol.trusted[0]",
        "proxyProtocol.trusted[2]",
        "proxyProtocol.versions"
      ])
    })
  )
})

describe("a list of trusted peers", () => {
  const ipv4 = (host: string): Address => fromNative(host, 1)
  const table: ReadonlyArray<readonly [trusted: string, peer: Address, isTrusted: boolean]> = [
    ["10.0.0.2", ipv4("10.0.0.2"), true],
    ["10.0.0.2", ipv4("10.0.0.3"), false],
    ["10.0.0.0/8", ipv4("10.255.255.255"), true],
    ["10.0.0.0/8", ipv4("11.0.0.0"), false],
    ["10.0.0.128/25", ipv4("10.0.0.127"), false],
    ["10.0.0.128/25", ipv4("10.0.0.128"), true],
    ["0.0.0.0/0", ipv4("192.0.2.1"), true],
    ["0.0.0.0/0", fromNative("::1", 1), false],
    ["2001:db8::/32", fromNative("2001:db8:ffff::1", 1), true],
    ["2001:db8::/32", fromNative("2001:db9::1", 1), false],
    ["2001:DB8::7", fromNative("2001:db8:0::7", 1), true],
    ["::/0", fromNative("2001:db8::1", 1), true],
    ["::/0", ipv4("10.0.0.2"), false],
    ["fe80::/10", fromNative("fe80::1%eth0", 1), true],
    ["10.0.0.0/8", fromNative("::ffff:10.0.0.2", 1), true],
    ["::ffff:10.0.0.0/104", ipv4("10.0.0.2"), true],
    ["::ffff:10.0.0.0/104", ipv4("11.0.0.2"), false],
    ["::ffff:10.0.0.2", ipv4("10.0.0.2"), true],
    ["::ffff:0:0/96", ipv4("192.0.2.1"), true],
    ["unix", fromUnixPath(""), true],
    ["unix", ipv4("10.0.0.2"), false],
    ["0.0.0.0/0", fromUnixPath("/run/x"), false]
  ]
  for (const [trusted, peer, isTrusted] of table) {
    it(`FF-76 FF-54 ${trusted} ${isTrusted ? "holds" : "does not hold"} ${JSON.stringify(peer)}`, () => {
      const others = ["192.0.2.66", "2001:db8:1234::/127"]
      assert.strictEqual(proxyRule({ trusted: [trusted] })?.trusts(peer), isTrusted)
      assert.strictEqual(proxyRule({ trusted: [...others, trusted] })?.trusts(peer), isTrusted)
    })
  }

  it("B60 two that mean the same are the same", () => {
    const text = (trusted: ReadonlyArray<string>) => proxyRule({ trusted })?.text
    assert.strictEqual(text(["::FFFF:10.0.0.0/104", "unix"]), text(["unix", "10.0.0.0/8"]))
    assert.notStrictEqual(text(["10.0.0.0/8"]), text(["10.0.0.0/9"]))
    assert.notStrictEqual(
      proxyRule({ trusted: ["::1"], versions: "2" })?.text,
      proxyRule({ trusted: ["::1"], versions: "2", checksum: "require" })?.text
    )
  })
})
