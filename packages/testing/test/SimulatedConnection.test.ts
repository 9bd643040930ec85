import { assert, describe, it } from "@effect/vitest"
import { connect, pattern, readAll, readAtLeast, readToError, text } from "@tidegate/testing/conformance/Script"
import { SimulatedConnection } from "@tidegate/testing/SimulatedConnection"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { Connection } from "tidegate/Transport"

const unread = (connection: Connection): number =>
  connection instanceof SimulatedConnection ? connection.unreadUnsafe() : Number.NaN

describe("buffers", () => {
  it.effect("FF-27 B.7 bytes fill the receive buffer, then the send buffer, then the queue", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect()
      yield* client.write(pattern(3))
      assert.strictEqual(client.queuedUnsafe(), 0, "the kernel takes what fits at once")
      yield* client.write(pattern(20))
      yield* network.quiet
      assert.strictEqual(unread(server), 7)
      assert.strictEqual(client.queuedUnsafe(), 23 - 7 - 5)
      server.takeUnsafe()
      yield* network.quiet
      assert.strictEqual(client.queuedUnsafe(), 11, "nothing moves while nobody reads")
      yield* readAtLeast(server, 12)
      yield* network.quiet
      assert.strictEqual(client.queuedUnsafe(), 0)
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { sendBufferBytes: 5, receiveBufferBytes: 7 } })))
  )

  it.effect("B.3 a connection is read ahead only once somebody wants to read, and no further than readAheadBytes", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect({ server: { readAheadBytes: 100 } })
      yield* client.write(pattern(1000))
      yield* network.quiet
      assert.strictEqual(server.bytesIn, 0)
      yield* server.readable
      yield* network.quiet
      assert.strictEqual(server.bytesIn, 110, "at the bound one more chunk may be held")
      assert.strictEqual(unread(server), 890)
      server.takeUnsafe()
      yield* network.quiet
      assert.strictEqual(server.bytesIn, 165)
      yield* client.end
      assert.deepStrictEqual(yield* readAll(server), pattern(1000).subarray(55))
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { readBytes: 55 } })))
  )

  it.effect("FF-35 what piles up is read as one chunk, readBytes cuts it", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect()
      for (let n = 0; n < 5; n++) yield* client.write(pattern(6))
      yield* network.quiet
      yield* server.readable
      assert.strictEqual(server.takeUnsafe()?.length, 25)
      assert.strictEqual(server.takeUnsafe()?.length, 5)
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { readBytes: 25 } })))
  )
})

describe("order of steps", () => {
  it.effect("a receiver never runs inside the sender's step", () =>
    Effect.gen(function* () {
      const { client, server } = yield* connect()
      const seen: Array<string> = []
      const reader = yield* Effect.forkScoped(
        Effect.tap(server.readable, () => Effect.sync(() => seen.push("received"))),
        { startImmediately: true }
      )
      yield* Effect.sync(() => {
        client.writeUnsafe(text("x"))
        client.endUnsafe()
        seen.push("sent")
      })
      yield* Fiber.join(reader)
      assert.deepStrictEqual(seen, ["sent", "received"])
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("the caller's own close is reported a turn later, as by a platform", () =>
    Effect.gen(function* () {
      const { client } = yield* connect()
      yield* Effect.sync(() => {
        client.abortUnsafe()
        assert.strictEqual(client.closeReason, "reset-sent")
        assert.isFalse(client.descriptorClosed)
      })
      assert.strictEqual(yield* client.closed, "reset-sent")
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("I-L1 TestClock waits for the network: all that a wake-up sends has arrived when adjust returns", () =>
    Effect.gen(function* () {
      const { client, server } = yield* connect()
      const echoed: Array<number> = []
      yield* Effect.forkScoped(
        Effect.gen(function* () {
          for (let round = 0; round < 20; round++) yield* server.write(yield* readAtLeast(server, 1))
        })
      )
      yield* Effect.forkScoped(
        Effect.gen(function* () {
          yield* Effect.sleep("1 second")
          for (let round = 0; round < 20; round++) {
            yield* client.write(text("x"))
            yield* readAtLeast(client, 1)
            echoed.push(yield* Clock.currentTimeMillis)
          }
        })
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        echoed,
        Array.from({ length: 20 }, () => 1000)
      )
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

describe("quiescing", () => {
  it.effect("B74 S55 exactly what stood in the receive buffer is given, not what is under way", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect()
      yield* client.write(text("arrived."))
      yield* network.quiet
      yield* Effect.sync(() => {
        client.writeUnsafe(text("under way"))
        server.quiesceUnsafe()
      })
      assert.deepStrictEqual(yield* readAll(server), text("arrived."))
      assert.strictEqual(server.inputEnd, "quiesced")
      assert.isFalse(server.peerEnded)
      assert.strictEqual(unread(server), 9)
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { readBytes: 3 } })))
  )

  it.effect("B74 with a full read-ahead the receive buffer is still given", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect({ server: { readAheadBytes: 4 } })
      yield* client.write(pattern(40))
      yield* server.readable
      yield* network.quiet
      assert.strictEqual(server.bytesIn, 4)
      yield* Effect.sync(() => {
        server.quiesceUnsafe()
        client.writeUnsafe(text("too late"))
      })
      assert.deepStrictEqual(yield* readAll(server), pattern(40))
      assert.strictEqual(server.inputEnd, "quiesced")
      yield* client.end
      assert.isTrue(yield* server.discard(100))
      assert.strictEqual(server.bytesDiscarded, 8)
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { readBytes: 4 } })))
  )

  it.effect("B74 a FIN that had arrived is the end, one that is under way is not", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const one = yield* connect()
      yield* one.client.write(text("all"))
      yield* one.client.end
      yield* network.quiet
      one.server.quiesceUnsafe()
      assert.deepStrictEqual(yield* readAll(one.server), text("all"))
      assert.strictEqual(one.server.inputEnd, "eof")
      const other = yield* connect()
      yield* Effect.sync(() => {
        other.client.endUnsafe()
        other.server.quiesceUnsafe()
      })
      yield* readAll(other.server)
      assert.strictEqual(other.server.inputEnd, "quiesced")
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

describe("resets", () => {
  it.effect("B.4 bytes under way arrive before the reset, bytes in the send buffer never", () =>
    Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(pattern(100))
      yield* client.abort
      const { bytes, error } = yield* readToError(server)
      assert.deepStrictEqual(bytes, pattern(100).subarray(0, 10))
      assert.strictEqual(error.code, "ECONNRESET")
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { receiveBufferBytes: 10, sendBufferBytes: 30 } })))
  )

  it.effect("B.1 release sends what the kernel holds and drops the queue", () =>
    Effect.gen(function* () {
      const { client, server } = yield* connect()
      yield* client.write(pattern(100))
      yield* client.release
      assert.deepStrictEqual(yield* readAll(server), pattern(100).subarray(0, 30))
      assert.strictEqual(client.queuedUnsafe(), 70, "what was dropped is still not with the kernel")
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { receiveBufferBytes: 10, sendBufferBytes: 30 } })))
  )

  it.effect("B.2 FF-08 a reply in the send buffer is lost when its sender closes with unread input", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect()
      yield* client.write(text("unread"))
      yield* network.quiet
      yield* server.write(pattern(25))
      yield* server.release
      const { bytes, error } = yield* readToError(client)
      assert.deepStrictEqual(bytes, pattern(25).subarray(0, 10))
      assert.strictEqual(error.code, "ECONNRESET")
      assert.strictEqual(yield* server.closed, "released")
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { receiveBufferBytes: 10, sendBufferBytes: 30 } })))
  )

  it.effect("B.3 FF-08 a reply in the send buffer is lost when input arrives after the close", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect()
      yield* server.write(pattern(25))
      yield* server.release
      yield* network.quiet
      yield* client.write(text("too late"))
      yield* network.quiet
      const { bytes, error } = yield* readToError(client)
      assert.deepStrictEqual(bytes, pattern(25).subarray(0, 10))
      assert.strictEqual(error.code, "ECONNRESET")
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { receiveBufferBytes: 10, sendBufferBytes: 30 } })))
  )

  it.effect("FF-19 a reset is not noticed while nobody reads or writes", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect()
      yield* client.abort
      yield* network.quiet
      assert.isUndefined(server.closeReason)
      yield* server.readable
      assert.strictEqual(server.closeReason, "reset-received")
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("B.5 FF-22 the write after EOF and a reset fails with EPIPE, before EOF with ECONNRESET", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      for (const ends of [true, false]) {
        const { client, server } = yield* connect()
        if (ends) {
          yield* client.end
          yield* readAll(server)
        }
        yield* client.abort
        yield* network.quiet
        yield* server.write(text("x"))
        assert.strictEqual(yield* server.closed, "reset-received")
        assert.strictEqual(server.failure?.code, ends ? "EPIPE" : "ECONNRESET")
      }
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("FF-25 a failed write loses neither the bytes nor the FIN that had arrived", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect()
      yield* client.write(text("bye"))
      yield* client.end
      yield* client.release
      yield* network.quiet
      yield* server.write(text("one"))
      yield* network.quiet
      yield* server.write(text("two"))
      assert.strictEqual(yield* server.closed, "reset-received")
      assert.strictEqual(server.failure?.code, "EPIPE")
      assert.deepStrictEqual(yield* readAll(server), text("bye"))
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )
})

describe("faults of a connection", () => {
  it.effect("S46 a temporary read error is tried again, the connection lives", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect()
      for (const code of ["EINTR", "EAGAIN", "EINTR"]) {
        yield* network.failOperation({ operation: "read", end: server, code })
      }
      yield* client.write(text("hello"))
      assert.deepStrictEqual(yield* readAtLeast(server, 5), text("hello"))
      assert.isUndefined(server.closeReason)
    }).pipe(
      Effect.provide(
        SimulatedNetwork.layer({ onEvent: (event) => event.event === "readFailed" && failures.push(event.code) })
      ),
      Effect.andThen(Effect.sync(() => assert.deepStrictEqual(failures.splice(0), ["EINTR", "EAGAIN", "EINTR"])))
    )
  )

  it.effect("S87 FF-45 a fatal read error closes with `failed`, a timeout with `timeout`; the peer is reset", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      for (const [code, reason] of [
        ["EIO", "failed"],
        ["ETIMEDOUT", "timeout"]
      ] as const) {
        const { client, server } = yield* connect()
        const reading = yield* Effect.forkScoped(Effect.flip(server.read), { startImmediately: true })
        yield* network.failOperation({ operation: "read", end: server, code, unprompted: true })
        const error = yield* Fiber.join(reading)
        assert.strictEqual("code" in error ? error.code : "Done", code)
        assert.strictEqual(yield* server.closed, reason)
        assert.strictEqual((yield* readToError(client)).error.code, "ECONNRESET")
      }
    }).pipe(Effect.provide(SimulatedNetwork.layer()))
  )

  it.effect("FF-45 a connection that is cut silently stays open on both sides, and nothing arrives", () =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      const { client, server } = yield* connect()
      const flushing = yield* Effect.forkScoped(Effect.andThen(client.write(pattern(100)), client.flush), {
        startImmediately: true
      })
      yield* network.cut(server, "silent")
      yield* server.end
      yield* network.quiet
      assert.isUndefined(flushing.pollUnsafe())
      assert.strictEqual(server.bytesIn, 0)
      assert.isFalse(client.isReadableUnsafe())
      yield* client.abort
      yield* network.quiet
      assert.isUndefined(server.closeReason)
      assert.deepStrictEqual(
        network.connections().map((connection) => connection.label),
        ["s1"]
      )
    }).pipe(Effect.provide(SimulatedNetwork.layer({ link: { sendBufferBytes: 10 } })))
  )
})

const failures: Array<string> = []
