/**
 * Which endpoints are one and the same, for a restart.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as NetAddress from "effect/net/NetAddress"
import { type Address, type Endpoint, fromNative, isInetEndpoint, isUnixEndpoint } from "tidegate/Address"
import { Transport } from "tidegate/Transport"
import { type Bound, isSame } from "../src/SameEndpoint.ts"

const unix = (path: string): Address => NetAddress.unixPathAddress(path)

/** Looks nothing up: names stand for addresses, and relative paths begin at /run. */
const transport = Transport.of({
  name: "fixed",
  listen: () => Effect.never,
  dial: () => Effect.never,
  descriptors: Effect.succeed(undefined),
  resolve: (endpoint) => {
    if (isUnixEndpoint(endpoint)) return Effect.succeed(unix(endpoint.path.replace(/^(?!\/)/, "/run/")))
    assert.isTrue(isInetEndpoint(endpoint), "a descriptor has no address to look up")
    const { host, port } = endpoint as Extract<Endpoint, { readonly host: string }>
    return Effect.succeed(fromNative(host === "localhost" ? "127.0.0.1" : host, port))
  }
})

const inet = (host: string, port: number): Bound => ({ asked: { host, port }, address: fromNative(host, port || 4321) })
const socket: Bound = { asked: { path: "app.sock" }, address: unix("/run/app.sock") }
const inherited: Bound = { asked: { fd: 3 }, address: fromNative("127.0.0.1", 80) }

const cases: ReadonlyArray<readonly [wanted: Endpoint, bound: Bound, same: boolean | "overlap"]> = [
  [{ host: "127.0.0.1", port: 80 }, inet("127.0.0.1", 80), true],
  [{ host: "localhost", port: 80 }, inet("127.0.0.1", 80), true],
  [{ host: "::ffff:127.0.0.1", port: 80 }, inet("127.0.0.1", 80), true],
  [{ host: "127.0.0.1", port: 81 }, inet("127.0.0.1", 80), false],
  [{ host: "127.0.0.2", port: 80 }, inet("127.0.0.1", 80), false],
  [{ host: "127.0.0.1", port: 0 }, inet("127.0.0.1", 0), true],
  [{ host: "127.0.0.1", port: 4321 }, inet("127.0.0.1", 0), true],
  [{ host: "127.0.0.1", port: 0 }, inet("127.0.0.1", 80), true],
  [{ host: "0.0.0.0", port: 0 }, inet("127.0.0.1", 0), false],
  [{ host: "0.0.0.0", port: 80 }, inet("127.0.0.1", 80), "overlap"],
  [{ host: "127.0.0.1", port: 80 }, inet("0.0.0.0", 80), "overlap"],
  [{ host: "::", port: 80 }, inet("127.0.0.1", 80), "overlap"],
  [{ host: "::", port: 80 }, inet("0.0.0.0", 80), "overlap"],
  [{ host: "::", port: 80 }, inet("::1", 80), "overlap"],
  [{ host: "::", port: 80 }, inet("::", 80), true],
  [{ host: "0.0.0.0", port: 80 }, inet("::1", 80), false],
  [{ host: "::1", port: 80 }, inet("127.0.0.1", 80), false],
  [{ path: "app.sock" }, socket, true],
  [{ path: "/run/app.sock", mode: 0o600 }, socket, true],
  [{ path: "/run/other.sock" }, socket, false],
  [{ path: "/run/app.sock" }, inet("127.0.0.1", 80), false],
  [{ host: "127.0.0.1", port: 80 }, socket, false],
  [{ fd: 3 }, inherited, true],
  [{ fd: 4 }, inherited, false],
  [{ fd: 3 }, inet("127.0.0.1", 80), false],
  [{ host: "127.0.0.1", port: 80 }, inherited, true]
]

describe("the same endpoint", () => {
  for (const [wanted, bound, expected] of cases) {
    const name = `S31 ${JSON.stringify(wanted)} where it listens at ${JSON.stringify(bound.asked)}: ${expected}`
    it.effect(name, () =>
      Effect.gen(function* () {
        const found = yield* Effect.result(isSame(transport, wanted, bound))
        if (expected === "overlap")
          assert.strictEqual(found._tag === "Failure" && found.failure._tag, "EndpointOverlap")
        else assert.strictEqual(found._tag === "Success" && found.success, expected)
      })
    )
  }
})
