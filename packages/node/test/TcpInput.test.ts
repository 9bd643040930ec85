import { networkInterfaces } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { format, portOf } from "tidegate/Address"
import { dial, listen, pair, pattern, readAll, turns } from "./support/Loopback.ts"
import { connectTo } from "./support/RawClient.ts"
import { reads } from "./support/Reads.ts"
import { acceptedSockets, hasProc, kernelSocket } from "./support/Sockets.ts"

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ family }) => family === "IPv6")
)

describe("addresses", () => {
  it.live("B19 both ends of both sides agree", () =>
    Effect.gen(function* () {
      const listener = yield* listen()
      const client = yield* dial("127.0.0.1", portOf(listener.address) ?? 0)
      const server = yield* listener.accept
      assert.strictEqual(format(server.local), format(listener.address))
      assert.strictEqual(format(client.remote), format(listener.address))
      assert.strictEqual(format(server.remote), format(client.local))
      assert.match(format(client.local), /^127\.0\.0\.1:\d+$/)
    })
  )

  it.live("B19 FF-24 both addresses are known after the connection is closed", () =>
    Effect.gen(function* () {
      const { client, listener, server } = yield* pair({ host: "0.0.0.0" })
      client.socket.resetAndDestroy()
      yield* server.readable
      yield* server.closed
      assert.strictEqual(portOf(server.local), portOf(listener.address))
      assert.match(format(server.local), /^127\.0\.0\.1:\d+$/)
      assert.match(format(server.remote), /^127\.0\.0\.1:\d+$/)
    })
  )

  it.live.runIf(hasIPv6)("S121 FF-54 a listener on :: takes both families, and IPv4 peers are IPv4", () =>
    Effect.gen(function* () {
      const listener = yield* listen({ host: "::" })
      assert.strictEqual(format(listener.address), `[::]:${portOf(listener.address)}`)
      const four = yield* connectTo(listener, { host: "127.0.0.1" })
      const fromFour = yield* listener.accept
      assert.strictEqual(format(fromFour.remote), `127.0.0.1:${four.socket.localPort}`)
      assert.strictEqual(format(fromFour.local), `127.0.0.1:${portOf(listener.address)}`)
      const six = yield* connectTo(listener, { host: "::1" })
      const fromSix = yield* listener.accept
      assert.strictEqual(format(fromSix.remote), `[::1]:${six.socket.localPort}`)
      assert.strictEqual(format(fromSix.local), `[::1]:${portOf(listener.address)}`)
    })
  )
})

describe("socket options", () => {
  /** The timer that the kernel runs for the accepted side (02 is keepalive), and its length. */
  const timerWith = (keepAliveDelay: Duration.Input | undefined) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { client, server } = yield* pair({ keepAliveDelay })
        return kernelSocket(portOf(server.local) ?? 0, client.socket.localPort ?? 0)
      })
    )

  it.live.runIf(hasProc)("FF-45 B27 keepalive is armed by default, after whatever delay, and can be switched off", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [Duration.Input | undefined, number]> = [
        [undefined, 60],
        ["90 seconds", 90],
        // Node would take these for no delay of its own and leave the two hours of the kernel.
        ["1 millis", 1],
        ["30 days", 32_767]
      ]
      for (const [delay, seconds] of cases) {
        const socket = yield* timerWith(delay)
        assert.strictEqual(socket?.timer, "02")
        assert.isAtMost(socket?.timerSeconds ?? 0, seconds)
        assert.isAtLeast(socket?.timerSeconds ?? 0, seconds - 10)
      }
      assert.strictEqual((yield* timerWith("Infinity"))?.timer, "00")
    })
  )

  it.live.runIf(hasProc)("FF-45 B27 a dialed connection has keepalive too", () =>
    Effect.gen(function* () {
      const listener = yield* listen({ keepAliveDelay: "Infinity" })
      const client = yield* dial("127.0.0.1", portOf(listener.address) ?? 0)
      assert.strictEqual(kernelSocket(portOf(client.local) ?? 0, portOf(client.remote) ?? 0)?.timer, "02")
    })
  )
})

describe("how connections read", () => {
  it.live("is what this run of the tests is about", () =>
    Effect.gen(function* () {
      const sockets = yield* acceptedSockets
      yield* pair()
      assert.strictEqual(sockets[0]?.listenerCount("data"), reads === "own" ? 1 : 0)
    })
  )
})

describe("the turn batch", () => {
  /** What two connections that become readable in the same poll phase have received whenever one of them is served. */
  const receivedWhenServed = (bytes: Uint8Array) =>
    Effect.scoped(
      Effect.gen(function* () {
        const listener = yield* listen()
        const clients = [yield* connectTo(listener), yield* connectTo(listener)]
        const servers = [yield* listener.accept, yield* listener.accept]
        const received: Array<number> = []
        const served = servers.map((server) =>
          Effect.callback<void>((resume) => {
            server.onInputUnsafe(() => {
              received.push(servers.reduce((sum, { bytesIn }) => sum + bytesIn, 0))
              resume(Effect.void)
            })
          })
        )
        // Reading has to flow on both before anything arrives.
        const waiting = Effect.all(served, { concurrency: "unbounded" })
        const sending = Effect.andThen(
          turns(2),
          Effect.sync(() => {
            for (const client of clients) client.socket.write(bytes)
          })
        )
        yield* Effect.all([waiting, sending], { concurrency: "unbounded" })
        return received
      })
    )

  it.live("connections readable in the same poll phase are served together, after it", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* receivedWhenServed(pattern(100)), [200, 200])
    })
  )

  it.live("a chunk above 8 KiB is served at once", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* receivedWhenServed(pattern(8193)), [8193, 2 * 8193])
    })
  )

  it.live("FF-20 what was collected is served before the end that comes with it", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({ readAheadBytes: 3 })
      const seen: Array<string> = []
      const wake = (): void => {
        for (let chunk = server.takeUnsafe(); chunk !== undefined; chunk = server.takeUnsafe()) {
          seen.push(`${Buffer.from(chunk)} ${String(server.inputEnd)}`)
        }
        if (server.inputEnd === undefined) server.onInputUnsafe(wake)
      }
      server.onInputUnsafe(() => {})
      yield* client.send("one")
      yield* turns(3)
      // Reading is paused now: Node reads these ahead, and gives both in one turn when it goes on, or reads both then.
      yield* client.send("two")
      yield* client.end
      yield* turns(3)
      wake()
      yield* turns(3)
      assert.deepStrictEqual(seen, ["one undefined", "two undefined"])
      assert.strictEqual(server.inputEnd, "eof")
    })
  )
})

describe("resets", () => {
  it.live("FF-20 B.4 what has reached a paused connection is delivered before the reset", () =>
    Effect.gen(function* () {
      const sockets = yield* acceptedSockets
      const { client, server } = yield* pair({ readAheadBytes: 100 })
      server.onInputUnsafe(() => {})
      for (const text of ["first".padEnd(100), "second", "third"]) {
        yield* client.send(text)
        yield* turns(3)
      }
      client.socket.resetAndDestroy()
      yield* client.until((self) => self.closed)
      yield* turns(3)
      // Node reads on for itself, and so hears of the reset; or the kernel has the bytes, and only who reads on hears of it.
      assert.strictEqual(sockets[0]?.bytesRead, reads === "own" ? 111 : 100)
      assert.strictEqual(server.closeReason, reads === "own" ? "reset-received" : undefined)
      assert.strictEqual((yield* readAll(server)).toString(), `${"first".padEnd(100)}secondthird`)
      assert.strictEqual(yield* server.closed, "reset-received")
      assert.strictEqual(server.failure?.code, "ECONNRESET")
    })
  )

  it.live("FF-45 a peer that the kernel has given up is a timeout", () =>
    Effect.gen(function* () {
      const sockets = yield* acceptedSockets
      const { server } = yield* pair()
      // Loopback never loses a segment, so the kernel's verdict is put in by hand.
      sockets[0]?.destroy(Object.assign(new Error("read ETIMEDOUT"), { code: "ETIMEDOUT", syscall: "read" }))
      assert.strictEqual(yield* server.closed, "timeout")
      assert.strictEqual(server.failure?.errorClass, "timeout")
      assert.match(server.failure?.message ?? "", /^read 127\.0\.0\.1:\d+: timed out \(ETIMEDOUT\)$/)
    })
  )

  it.live("a socket that somebody else has closed is a failure", () =>
    Effect.gen(function* () {
      const sockets = yield* acceptedSockets
      const { server } = yield* pair()
      sockets[0]?.destroy()
      assert.strictEqual(yield* server.closed, "failed")
      assert.strictEqual(server.writeRefusalUnsafe()?.code, "ERR_STREAM_PREMATURE_CLOSE")
    })
  )

  it.live("FF-25 FF-28 after a failed write, what Node had read is delivered, and the write does not look taken", () =>
    Effect.gen(function* () {
      const sockets = yield* acceptedSockets
      const { client, server } = yield* pair({ readAheadBytes: 3 })
      server.onInputUnsafe(() => {})
      // More than is read ahead: nobody reads on, and so nobody notices the reset.
      const sent = pattern(1024 * 1024)
      client.socket.write(sent)
      yield* turns(5)
      const read = sockets[0]?.bytesRead ?? 0
      assert.strictEqual((sockets[0]?.readableLength ?? 0) > 0, reads === "own")
      client.socket.resetAndDestroy()
      yield* client.until((self) => self.closed)
      yield* turns(3)
      assert.isUndefined(server.closeReason)
      server.writeUnsafe(Buffer.from("x"))
      assert.strictEqual(yield* server.closed, "reset-received")
      assert.strictEqual(server.failure?.operation, "write")
      assert.isAbove(server.queuedUnsafe(), 0)
      assert.strictEqual(yield* Effect.flip(server.flush), server.failure)
      const received = yield* readAll(server)
      assert.strictEqual(received.length, read)
      assert.isTrue(received.equals(sent.subarray(0, read)))
    })
  )
})
