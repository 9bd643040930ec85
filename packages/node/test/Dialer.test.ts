/**
 * The dialer on real sockets: what only a kernel can show.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as AddressResolver from "effect/net/AddressResolver"
import { format, portOf } from "tidegate/Address"
import * as Dialer from "tidegate/Dialer"
import { Connection as Wire } from "tidegate/Transport"
import { Lookups } from "../src/Lookups.ts"
import * as NodeDialer from "../src/NodeDialer.ts"
import { systemDns } from "../src/SystemDns.ts"
import * as TcpTransport from "../src/TcpTransport.ts"
import { startUnder } from "./support/Child.ts"
import { fullQueue } from "./support/FullQueue.ts"
import { canIsolate, dialsOnlyFrom } from "./support/Isolated.ts"
import { listen, readAll } from "./support/Loopback.ts"
import { connectingTo, hasProc, openSockets } from "./support/Sockets.ts"

describe("a dial that takes too long", () => {
  it.live.runIf(hasProc)("FF-79 S93 ends with a timeout when the accept queue is full, and leaves no handshake", () =>
    Effect.gen(function* () {
      const port = yield* fullQueue
      const before = openSockets()
      const dialled = Dialer.connect({ host: "127.0.0.1", port }, { connectTimeout: 60 })
      const error = yield* Effect.flip(Effect.scoped(Effect.catchTag(dialled, "InvalidOptions", Effect.die)))
      assert.deepStrictEqual([error.errorClass, error.code], ["timeout", "ETIMEDOUT"])
      assert.deepStrictEqual(
        error.attempts.map(({ address, reason }) => [address && format(address), reason._tag]),
        [[`127.0.0.1:${port}`, "Timeout"]]
      )
      assert.deepStrictEqual([connectingTo(port), openSockets()], [0, before])
    }).pipe(Effect.provide(NodeDialer.layer))
  )

  it.live("FF-83 S93 ends with a timeout when the resolver never answers", () =>
    Effect.gen(function* () {
      const resolver = AddressResolver.make(systemDns(new Lookups(() => {}, 2)))
      const dialled = Dialer.connect({ host: "db.internal", port: 1 }, { connectTimeout: 20 })
      const error = yield* Effect.scoped(dialled).pipe(
        Effect.provideService(AddressResolver.AddressResolver, resolver),
        Effect.catchTag("InvalidOptions", Effect.die),
        Effect.flip
      )
      assert.strictEqual(error.errorClass, "timeout")
      assert.deepStrictEqual(
        error.attempts.map(({ address, reason }) => [address, reason._tag]),
        [[undefined, "Timeout"]]
      )
    }).pipe(Effect.provide(TcpTransport.layer))
  )
})

describe("a dial that meets itself", () => {
  const portOfItsOwn = 40_000

  // A network of its own is the only place where the kernel's choice of a port is no matter of luck.
  it.live.runIf(canIsolate())("FF-84 is found out and closed, and its port is free again at once", () =>
    Effect.gen(function* () {
      const child = yield* startUnder(dialsOnlyFrom(portOfItsOwn), "selfConnecting.ts", String(portOfItsOwn))
      const lines: Array<string> = []
      for (let n = 0; n < 5; n++) lines.push(yield* child.line)
      assert.deepStrictEqual(lines, [
        "127.0.0.1:40000 127.0.0.1:40000",
        "EADDRINUSE",
        "listening",
        "SelfConnect 127.0.0.1:40000 2",
        "listening"
      ])
      assert.strictEqual(yield* child.ended, "exit 0")
    })
  )
})

describe("a race", () => {
  it.live.runIf(hasProc)("S96 S97 S100 FF-82 of ten, one connection is left, also when several win at once", () =>
    Effect.gen(function* () {
      const listeners = yield* Effect.forEach(Array.from({ length: 10 }), () => listen())
      const targets = listeners.map(({ address }) => ({ host: "127.0.0.1", port: portOf(address) ?? 0 }))
      const before = openSockets()
      const connection = yield* Dialer.race(targets)
      for (const listener of listeners) yield* listener.sweep
      const servers = listeners.map((listener) => listener.takeUnsafe()).filter((taken) => taken instanceof Wire)
      // Both ends of each are of this process, and a loser's accepting end is there until it is read to its end.
      assert.strictEqual(openSockets() - before, servers.length + 1)
      yield* connection.write(Buffer.from("winner"))
      yield* connection.transport.end
      const heard = yield* Effect.forEach(servers, readAll)
      assert.deepStrictEqual(
        heard.map(String).filter((said) => said !== ""),
        ["winner"]
      )
      for (const server of servers) server.releaseUnsafe()
    }).pipe(Effect.provide(NodeDialer.layer))
  )
})
