import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { pair, pattern, readAll, turns } from "./support/Loopback.ts"
import { acceptedSockets, hasProc, openSockets } from "./support/Sockets.ts"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

const sizes = [50, 700, 8192, 8193, 30_000, 64, 65_536, 70_001, 3]

/** Enough for every buffer between two sockets of one host to be full. */
const floodBytes = 12 * 1024 * 1024

describe("output", () => {
  it.live("FF-27 a slow reader gets every byte, in order, whatever the sizes", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({}, { paused: true })
      const sent: Array<Buffer> = []
      let total = 0
      for (let n = 0; total < floodBytes; n++) {
        const chunk = pattern(sizes[n % sizes.length] ?? 1, n + 1)
        sent.push(chunk)
        total += chunk.length
        server.writeUnsafe(chunk)
        if (n % 50 === 0) yield* turns(1)
      }
      yield* turns(2)
      assert.isAbove(server.queuedUnsafe(), 0)
      assert.isFalse(server.hasRoomUnsafe())
      // Small replies that follow while nothing moves.
      for (let n = 0; n < 500; n++) {
        const chunk = pattern(64, 1000 + n)
        sent.push(chunk)
        total += chunk.length
        server.writeUnsafe(chunk)
        if (n % 100 === 0) yield* turns(1)
      }
      assert.strictEqual(server.bytesOut, total)
      client.socket.resume()
      yield* server.flush
      assert.strictEqual(server.queuedUnsafe(), 0)
      yield* client.untilBytes(total)
      assert.isTrue(client.received.equals(Buffer.concat(sent)))
    })
  )

  it.live("FF-27 progress inside one large frame can be seen, and there is room again below the low-water mark", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({}, { paused: true })
      server.writeUnsafe(pattern(2 * floodBytes))
      yield* turns(2)
      const stalled = server.queuedUnsafe()
      assert.isAbove(stalled, floodBytes / 2)
      const seen = new Set<number>()
      client.socket.on("data", () => seen.add(server.queuedUnsafe()))
      client.socket.resume()
      yield* server.room
      assert.isAtMost(server.queuedUnsafe(), 16_384)
      // Node itself would show two: everything, and nothing.
      assert.isAbove(seen.size, 3)
      yield* server.flush
    })
  )

  it.live("FF-27 small replies to a peer that does not read take no more memory than they have bytes", () =>
    Effect.gen(function* () {
      const { server } = yield* pair({}, { paused: true })
      server.writeUnsafe(pattern(floodBytes))
      yield* turns(2)
      const reply = pattern(100)
      collectGarbage()
      const before = process.memoryUsage().arrayBuffers
      for (let n = 0; n < 1000; n++) {
        // Two, so that they are combined.
        server.writeUnsafe(reply)
        server.writeUnsafe(reply)
        yield* turns(1)
      }
      collectGarbage()
      // 1000 given-away buffers would be 64 MiB.
      assert.isBelow(process.memoryUsage().arrayBuffers - before, 8 * 1024 * 1024)
    })
  )

  it.live("FF-37 listeners stay as they are over 10,000 writes, with and without back-pressure", () =>
    Effect.gen(function* () {
      const sockets = yield* acceptedSockets
      const { client, server } = yield* pair({}, { paused: true })
      const socket = sockets[0]
      assert.isDefined(socket)
      const counts = () => socket?.eventNames().map((name) => [name, socket.listenerCount(name)])
      const before = counts()
      const flushes: Array<Fiber.Fiber<void, unknown>> = []
      for (let n = 0; n < 10_000; n++) {
        server.writeUnsafe(Buffer.alloc(n % 3 === 0 ? 9000 : 100))
        if (n % 500 === 0) flushes.push(yield* Effect.forkChild(server.flush, { startImmediately: true }))
        if (n % 100 === 0) yield* turns(1)
      }
      assert.isAbove(server.queuedUnsafe(), 0)
      assert.deepStrictEqual(counts(), before)
      client.socket.resume()
      for (const flush of flushes) yield* Fiber.join(flush)
      assert.deepStrictEqual(counts(), before)
    })
  )

  it.live("a flush waits for bytes that are still being combined", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      server.writeUnsafe(Buffer.from("combined"))
      assert.strictEqual(server.queuedUnsafe(), 8)
      yield* server.flush
      assert.strictEqual(server.queuedUnsafe(), 0)
      assert.strictEqual((yield* client.untilBytes(8)).toString(), "combined")
    })
  )

  it.live("a writer whose high-water mark is below one combined write is let go on", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({ highWaterMarkBytes: 10, lowWaterMarkBytes: 5 })
      for (let n = 0; n < 100; n++) yield* server.write(Buffer.alloc(10, n))
      const received = yield* client.untilBytes(1000)
      assert.deepStrictEqual(received, Buffer.concat(Array.from({ length: 100 }, (_, n) => Buffer.alloc(10, n))))
    })
  )

  it.live("a write after the end is dropped and does no harm", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      server.writeUnsafe(Buffer.from("last"))
      server.endUnsafe()
      server.writeUnsafe(Buffer.from("too late"))
      server.writeUnsafe(Buffer.alloc(20_000))
      yield* client.until((self) => self.ended)
      assert.strictEqual(client.received.toString(), "last")
      client.socket.end("still read")
      assert.strictEqual((yield* readAll(server)).toString(), "still read")
      assert.strictEqual(yield* server.closed, "both-ended")
    })
  )

  it.live("FF-46 B27 small writes are not held back for the peer's delayed ACK, unless that is asked for", () =>
    Effect.gen(function* () {
      // Request, answer in two writes of the kernel: with Nagle's algorithm the second waits for the ACK of the first, which
      // the peer delays for 40 ms.
      const slowest = (noDelay: boolean) =>
        Effect.scoped(
          Effect.gen(function* () {
            const { client, server } = yield* pair({ noDelay })
            const times: Array<number> = []
            for (let n = 0; n < 15; n++) {
              const start = performance.now()
              yield* client.send("?")
              yield* server.read
              server.writeUnsafe(Buffer.from("a"))
              yield* server.flush
              server.writeUnsafe(Buffer.from("b"))
              yield* client.untilBytes((n + 1) * 2)
              times.push(performance.now() - start)
            }
            return times.sort((a, b) => a - b)[7] ?? 0
          })
        )
      const withNagle = yield* slowest(false)
      const withoutNagle = yield* slowest(true)
      assert.isAbove(withNagle, 20)
      assert.isBelow(withoutNagle, 20)
    })
  )
})

describe("the end of the output", () => {
  it.live("FF-07 release lets out what was combined but not written yet", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      server.writeUnsafe(Buffer.from("goodbye"))
      server.releaseUnsafe()
      yield* client.until((self) => self.ended || self.closed)
      assert.strictEqual(client.received.toString(), "goodbye")
      assert.strictEqual(yield* server.closed, "released")
    })
  )

  it.live("FF-07 abort drops what was combined but not written yet", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      server.writeUnsafe(Buffer.from("never seen"))
      server.abortUnsafe()
      yield* client.until((self) => self.closed)
      assert.deepStrictEqual([client.bytes, client.errorCode], [0, "ECONNRESET"])
      assert.strictEqual(yield* server.closed, "reset-sent")
      assert.isAbove(server.queuedUnsafe(), 0)
    })
  )

  it.live.runIf(hasProc)("FF-09 abort in the same step as end gives the descriptor back", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      const before = openSockets()
      server.endUnsafe()
      server.abortUnsafe()
      assert.strictEqual(yield* server.closed, "reset-sent")
      assert.strictEqual(openSockets(), before - 1)
      yield* client.until((self) => self.ended || self.closed)
    })
  )

  it.live.runIf(hasProc)("FF-09 abort while FIN waits behind a peer that does not read is at once", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({}, { paused: true })
      server.writeUnsafe(pattern(floodBytes))
      server.endUnsafe()
      yield* turns(2)
      const before = openSockets()
      server.abortUnsafe()
      assert.strictEqual(openSockets(), before - 1)
      assert.strictEqual(yield* server.closed, "reset-sent")
      client.socket.resume()
      yield* client.until((self) => self.closed)
      assert.isFalse(client.ended)
    })
  )

  it.live("FF-25 what a write that fails at once has lost was never flushed", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair()
      yield* client.end
      assert.strictEqual((yield* readAll(server)).length, 0)
      client.socket.resetAndDestroy()
      yield* client.until((self) => self.closed)
      // Larger than what is combined, so it is written in this step; the kernel knows of the reset already.
      server.writeUnsafe(pattern(30_000))
      assert.isAbove(server.queuedUnsafe(), 0)
      server.writeUnsafe(Buffer.from("tail"))
      const flushed = yield* Effect.flip(server.flush)
      assert.strictEqual(flushed.code, "EPIPE")
      assert.strictEqual(yield* server.closed, "reset-received")
    })
  )

  it.live("FF-07 end keeps its place behind a queue that the kernel does not take yet", () =>
    Effect.gen(function* () {
      const { client, server } = yield* pair({}, { paused: true })
      const sent = pattern(floodBytes)
      server.writeUnsafe(sent)
      server.writeUnsafe(Buffer.from("tail"))
      server.endUnsafe()
      yield* turns(2)
      client.socket.resume()
      yield* client.until((self) => self.ended || self.closed)
      assert.strictEqual(client.bytes, sent.length + 4)
      assert.isTrue(client.received.equals(Buffer.concat([sent, Buffer.from("tail")])))
    })
  )
})
