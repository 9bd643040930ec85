/**
 * Dials over node:net: where they come from, what comes before the connecting, and what they leave behind.
 */
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { format, portOf } from "tidegate/Address"
import { type TransportError, transportError } from "tidegate/Errors"
import { type Connection, type DialOptions, type DialTarget, Transport } from "tidegate/Transport"
import { systemLookups } from "../src/Lookups.ts"
import * as TcpTransport from "../src/TcpTransport.ts"
import { nativeHost } from "../src/Zones.ts"
import { directory } from "./support/Directory.ts"
import { fullQueue } from "./support/FullQueue.ts"
import { listen, turns } from "./support/Loopback.ts"
import { connectingTo, hasProc, openSockets } from "./support/Sockets.ts"

const dial = (options: DialOptions): Effect.Effect<Connection, TransportError, Scope.Scope> =>
  Effect.flatMap(Transport, (transport) => transport.dial(options)).pipe(Effect.provide(TcpTransport.layer))

const errorOf = (options: DialOptions): Effect.Effect<TransportError, Connection> =>
  Effect.flip(Effect.scoped(dial(options)))

const hostOf = (connection: Connection): string => format(connection.local).replace(/:\d+$/, "")

describe("where a dial comes from", () => {
  it.live.runIf(process.platform === "linux")("any address that this host has, of either family", () =>
    Effect.gen(function* () {
      const v4 = yield* listen()
      const v6 = yield* listen({ host: "::1" })
      const port = portOf(v4.address) ?? 0
      const to4 = { host: "127.0.0.1", port }
      const to6 = { host: "::1", port: portOf(v6.address) ?? 0 }
      assert.strictEqual(hostOf(yield* dial({ ...to4, localAddress: "127.0.0.2" })), "127.0.0.2")
      assert.strictEqual(hostOf(yield* dial({ ...to4, localAddress: "0.0.0.0" })), "127.0.0.1")
      assert.strictEqual(hostOf(yield* dial({ ...to6, localAddress: "::1" })), "[::1]")
      assert.strictEqual(hostOf(yield* dial({ host: "localhost", port, localAddress: "127.0.0.3" })), "127.0.0.3")
      const mapped = yield* dial({ host: "::ffff:127.0.0.1", port, localAddress: "127.0.0.4" })
      assert.deepStrictEqual([hostOf(mapped), format(mapped.remote)], ["127.0.0.4", `127.0.0.1:${port}`])
    })
  )

  it.live.runIf(hasProc)("S82 one that it does not have, or that does not fit, is named, and leaves no socket", () =>
    Effect.gen(function* () {
      const path = join(yield* directory, "s")
      yield* listen({ path })
      const before = openSockets()
      const messages: Array<string> = []
      for (const options of [
        { host: "127.0.0.1", port: 1, localAddress: "198.51.100.1" },
        { host: "127.0.0.1", port: 1, localAddress: "fe80::1%nowhere" },
        { host: "::1", port: 1, localAddress: "fe80::1%nowhere" },
        { path, localAddress: "127.0.0.1" },
        { host: "fe80::1%nowhere", port: 1 }
      ]) {
        messages.push((yield* errorOf(options)).message)
      }
      const missing = "address not available: no interface of this host has it (EADDRNOTAVAIL)"
      const family = "localAddress must be of the family of the address that is dialled (ERR_INVALID_ADDRESS_FAMILY)"
      assert.deepStrictEqual(messages, [
        `dial 127.0.0.1:1 from 198.51.100.1: ${missing}`,
        `dial 127.0.0.1:1 from fe80::1%nowhere: ${family}`,
        `dial [::1]:1 from fe80::1%nowhere: ${missing}`,
        `dial ${path} from 127.0.0.1: ${family}`,
        `dial [fe80::1%nowhere]:1: ${missing}`
      ])
      assert.strictEqual(openSockets(), before)
    })
  )
})

const linkLocal = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
  (addresses ?? []).filter(({ address }) => address.startsWith("fe80:")).map(({ scopeid }) => ({ name, scopeid }))
)[0]

describe("zones", () => {
  it("only those of link-local addresses count, and an interface that is not there is told", () => {
    assert.strictEqual(nativeHost("127.0.0.1"), "127.0.0.1")
    assert.strictEqual(nativeHost("::FFFF:127.0.0.1"), "127.0.0.1")
    assert.strictEqual(nativeHost("::1%nowhere"), "::1")
    assert.strictEqual(nativeHost("fe80::1"), "fe80::1")
    assert.isUndefined(nativeHost("fe80::1%nowhere"))
    assert.isUndefined(nativeHost("fe80::1%4294967295"))
  })

  // libuv knows the name only.
  it.runIf(linkLocal !== undefined && process.platform !== "win32")("a number is the interface of that number", () => {
    assert.strictEqual(nativeHost(`fe80::1%${linkLocal?.scopeid}`), `fe80::1%${linkLocal?.name}`)
    assert.strictEqual(nativeHost(`fe80::1%${linkLocal?.name}`), `fe80::1%${linkLocal?.name}`)
  })
})

describe("what comes before the connecting", () => {
  it.live.runIf(hasProc)("S95 it is told where: IPv4, IPv6 or a path; and there is no descriptor yet", () =>
    Effect.gen(function* () {
      const path = join(yield* directory, "s")
      const told: Array<string> = []
      for (const endpoint of [{ host: "127.0.0.1", port: 0 }, { host: "::1", port: 0 }, { path }]) {
        const listener = yield* listen(endpoint)
        const port = portOf(listener.address) ?? 0
        const before = openSockets()
        const note = ({ address, network }: DialTarget) =>
          Effect.gen(function* () {
            yield* turns(2)
            assert.strictEqual(openSockets(), before)
            assert.strictEqual(format(address), format(listener.address))
            told.push(network)
          })
        const client = yield* dial({ ...endpoint, port, beforeConnect: note })
        assert.strictEqual(format(client.remote), format(listener.address))
      }
      assert.deepStrictEqual(told, ["tcp4", "tcp6", "unix"])
    })
  )

  it.live("S91 a name that is looked up can be interrupted, and nothing is prepared for it then", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      let prepared = 0
      const to = { host: "localhost", port: portOf(listener.address) ?? 0 }
      const beforeConnect = () => Effect.sync(() => void prepared++)
      const asks = yield* Effect.forkScoped(systemLookups.ask("localhost"), { startImmediately: true })
      const dialling = yield* Effect.forkScoped(dial({ ...to, beforeConnect }), { startImmediately: true })
      yield* Fiber.interrupt(dialling)
      assert.isUndefined(asks.pollUnsafe())
      yield* Fiber.join(asks)
      yield* dial(to)
      yield* listener.sweep
      assert.deepStrictEqual([prepared, listener.pendingUnsafe()], [0, 1])
    })
  )
})

describe("what a dial leaves behind", () => {
  it.live.runIf(hasProc)(
    "S91 S92 I-S20 no descriptor, whatever its end: refused, failed or cancelled in the hook",
    () =>
      Effect.gen(function* () {
        const gone = yield* Effect.scoped(Effect.map(listen(), ({ address }) => portOf(address) ?? 0))
        const listener = yield* listen()
        const to = { host: "127.0.0.1", port: portOf(listener.address) ?? 0 }
        const before = openSockets()
        assert.strictEqual((yield* errorOf({ host: "127.0.0.1", port: gone })).code, "ECONNREFUSED")
        assert.strictEqual(openSockets(), before, "refused")
        const refusal = transportError("dial", "EPERM")
        assert.strictEqual(yield* errorOf({ ...to, beforeConnect: () => Effect.fail(refusal) }), refusal)
        assert.strictEqual(openSockets(), before, "the hook failed")
        const begun = yield* Deferred.make<void>()
        const waits = () => Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)
        const cancelled = yield* Effect.forkScoped(dial({ ...to, beforeConnect: waits }), { startImmediately: true })
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(cancelled)
        assert.strictEqual(openSockets(), before, "cancelled in the hook")
        yield* listener.sweep
        assert.strictEqual(listener.pendingUnsafe(), 0)
      })
  )

  it.live.runIf(hasProc)(
    "FF-79 S91 I-S20 a dial that waits for a full accept queue is called off at once, and leaves nothing",
    () =>
      Effect.gen(function* () {
        const port = yield* fullQueue
        const before = openSockets()
        for (let round = 0; round < 3; round++) {
          const dialling = yield* Effect.forkScoped(dial({ host: "127.0.0.1", port }), { startImmediately: true })
          yield* turns(3)
          assert.deepStrictEqual([connectingTo(port), openSockets()], [1, before + 1])
          yield* Fiber.interrupt(dialling)
          assert.deepStrictEqual([connectingTo(port), openSockets()], [0, before])
          assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(dialling)))
        }
      })
  )
})
