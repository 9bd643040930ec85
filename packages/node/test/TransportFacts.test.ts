import { lookup } from "node:dns/promises"
import { readdirSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { format } from "tidegate/Address"
import { Transport } from "tidegate/Transport"
import * as TcpTransport from "../src/TcpTransport.ts"
import { startUnder } from "./support/Child.ts"
import { listen, turns } from "./support/Loopback.ts"
import { connect, connectTo, type RawClient } from "./support/RawClient.ts"
import { hasProc } from "./support/Sockets.ts"

const transport = Effect.provide(Transport, TcpTransport.layer)

const withDescriptors = (limit: number): ReadonlyArray<string> => ["sh", "-c", `ulimit -n ${limit}; exec "$0" "$@"`]

describe("resolve", () => {
  it.live("S31 S83 an address means itself, a name its first IPv4 address, and port 0 stays 0", () =>
    Effect.gen(function* () {
      const { resolve } = yield* transport
      for (const [host, expected] of [
        ["127.0.0.1", "127.0.0.1:0"],
        ["::1", "[::1]:0"],
        ["::", "[::]:0"],
        ["::ffff:127.0.0.1", "127.0.0.1:0"],
        ["localhost", "127.0.0.1:0"]
      ] as const) {
        assert.strictEqual(format(yield* resolve({ host, port: 0 })), expected)
      }
      assert.strictEqual(format(yield* resolve({ host: "localhost", port: 65_535 })), "127.0.0.1:65535")
    })
  )

  it.live("S82 what cannot be listened at cannot be resolved either, and nothing is opened", () =>
    Effect.gen(function* () {
      const { resolve } = yield* transport
      const codes: Array<string> = []
      for (const endpoint of [
        { host: "no name", port: 0 },
        { host: "127.0.0.1", port: -1 },
        { host: "", port: 0 },
        { path: "" },
        { fd: 60_000 }
      ]) {
        const error = yield* Effect.flip(resolve(endpoint))
        assert.strictEqual(error.operation, "listen")
        codes.push(error.code)
      }
      // A space is in no host name, so no name server is asked.
      assert.include(["ENOTFOUND", "EAI_AGAIN"], codes.shift())
      assert.deepStrictEqual(codes, ["ERR_SOCKET_BAD_PORT", "EINVAL", "EINVAL", hasProc ? "EBADF" : "ENOTSUP"])
    })
  )

  it.live("S83 listening at a name, and dialling it, mean what resolve says", () =>
    Effect.gen(function* () {
      const listener = yield* listen({ host: "localhost" })
      assert.match(format(listener.address), /^127\.0\.0\.1:/)
      const { dial } = yield* transport
      const port = "port" in listener.address ? listener.address.port : 0
      const client = yield* dial({ host: "localhost", port })
      assert.strictEqual(format(client.remote), format(listener.address))
      // Both come from the system's names, so there is something to compare with.
      assert.strictEqual((yield* Effect.promise(() => lookup("localhost", 4))).address, "127.0.0.1")
    })
  )
})

describe("descriptors", () => {
  it.live.runIf(hasProc)("FF-47 B45 the budget is that of this process, and counts what it opens", () =>
    Effect.gen(function* () {
      const { descriptors } = yield* transport
      const before = yield* descriptors
      assert.isDefined(before)
      assert.strictEqual(before?.open, readdirSync("/proc/self/fd").length - 1)
      const listener = yield* listen()
      yield* connectTo(listener)
      yield* listener.acceptable
      const after = yield* descriptors
      assert.deepStrictEqual(after, { limit: before?.limit ?? 0, open: (before?.open ?? 0) + 3 })
    })
  )

  it.live.runIf(hasProc)("FF-47 B45 the limit that counts is the one that was set when it was started", () =>
    Effect.gen(function* () {
      const child = yield* startUnder(withDescriptors(100), "limited.ts")
      assert.strictEqual(yield* child.line, "100")
    })
  )
})

describe("out of descriptors", () => {
  it.live.runIf(hasProc)(
    "B45 FF-47 nobody meets silence: pressure first, then a goodbye, and service after closes",
    () =>
      Effect.gen(function* () {
        const child = yield* startUnder(withDescriptors(64), "crowded.ts")
        assert.strictEqual(yield* child.line, "budget 64")
        const port = Number((yield* child.line).slice("port ".length))
        const served: Array<RawClient> = []
        let answer = ""
        while (answer !== "busy\n") {
          const client = yield* connect(port)
          yield* client.send("hello\n")
          answer = (yield* client.untilBytes(5)).toString()
          if (answer === "hello\n") served.push(client)
        }
        assert.isAbove(served.length, 8)
        // More than the process has descriptors: each is told, none is dropped in silence.
        for (let n = 0; n < 64; n++) {
          const client = yield* connect(port)
          assert.strictEqual((yield* client.untilBytes(5)).toString(), "busy\n")
          yield* client.end
          yield* client.until((self) => self.closed)
        }
        assert.deepStrictEqual([yield* child.line, yield* child.line], ["pressure", "shed limit"])
        for (const client of served) yield* client.end
        for (let ended = 0; ended < served.length; ) if ((yield* child.line) === "ended") ended++
        const late = yield* connect(port)
        yield* late.send("hello\n")
        assert.strictEqual((yield* late.untilBytes(6)).toString(), "hello\n")
        yield* child.closeInput
        assert.strictEqual(yield* child.ended, "exit 0")
      })
  )
})

describe("applyUnsafe", () => {
  it.live("B60 what can change while it listens holds from the next connection on, and the rest is named", () =>
    Effect.gen(function* () {
      const listener = yield* listen({ maxUntaken: 1, backlog: 100 })
      yield* connectTo(listener)
      const shed = yield* connectTo(listener)
      yield* shed.until((self) => self.closed)
      assert.deepStrictEqual(listener.applyUnsafe({ maxUntaken: 3, backlog: 100, readAheadBytes: 100 }), [])
      const clients = [yield* connectTo(listener), yield* connectTo(listener)]
      yield* turns(4)
      assert.deepStrictEqual([listener.pendingUnsafe(), listener.shed], [3, 1])
      assert.deepStrictEqual(listener.applyUnsafe({ backlog: 200 }), ["backlog"])
      for (const client of clients) assert.isFalse(client.closed)
    })
  )
})
