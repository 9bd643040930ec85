/**
 * Faults of single operations, each as node:net would show it.
 */
import { assert, describe, it } from "@effect/vitest"
import {
  connect,
  dial,
  listen,
  pattern,
  readAll,
  readAtLeast,
  readToError,
  text
} from "@tidegate/testing/conformance/Script"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { resultOf } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Transport } from "tidegate/Transport"
import { failureOf, outcomeOf, simulate } from "./support/NetworkStage.ts"

const endpoint = { host: "127.0.0.1", port: 7000 }

describe("listen and dial", () => {
  it("S82 a failed listen binds nothing, a failed dial sends nothing", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        yield* network.failOperation({ operation: "listen", code: "EACCES" })
        yield* network.failOperation({ operation: "dial", nth: 2, code: "EMFILE" })
        assert.strictEqual(yield* failureOf(listen(endpoint)), "listen EACCES")
        const listener = yield* listen(endpoint)
        assert.strictEqual(yield* failureOf(dial(endpoint)), "ok")
        assert.strictEqual(yield* failureOf(dial(endpoint)), "dial EMFILE")
        assert.strictEqual(yield* failureOf(dial(endpoint)), "ok")
        yield* network.quiet
        assert.strictEqual(listener.pendingUnsafe(), 2)
        assert.strictEqual(network.connectionCount().open, 4)
      })
    )
  })

  it("S37 S42 a failed accept costs one connection, or the listener", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const listener = yield* listen()
        yield* network.failOperation({ operation: "accept", end: "s2", code: "ECONNABORTED" })
        yield* network.failOperation({ operation: "accept", nth: 3, code: "EBADF" })
        const clients = yield* Effect.forEach([1, 2, 3], () => dial(listener))
        const results = yield* Effect.forEach([1, 2, 3], () => failureOf(listener.accept))
        assert.deepStrictEqual(results, ["ok", "accept ECONNABORTED", "accept EBADF"])
        for (const client of clients.slice(1)) assert.strictEqual((yield* readToError(client)).error.code, "ECONNRESET")
      })
    )
  })
})

describe("read", () => {
  it("S46 a read that would block is tried again and loses nothing", () => {
    simulate(
      { link: { readBytes: 1000 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        for (const [nth, code] of ["EINTR", "EAGAIN", "EWOULDBLOCK"].entries()) {
          yield* network.failOperation({ operation: "read", end: "s1", nth: nth + 1, code })
        }
        yield* client.write(pattern(3000))
        yield* client.end
        assert.deepStrictEqual(yield* readAll(server), pattern(3000))
        assert.isUndefined(server.closeReason)
      })
    )
  })

  it("S87 any other closes, after what was read before; also one that would have found FIN", () => {
    for (const [code, reason] of [
      ["EIO", "failed"],
      ["ENOMEM", "failed"],
      ["ECONNRESET", "reset-received"],
      ["ETIMEDOUT", "timeout"],
      ["EHOSTUNREACH", "timeout"]
    ] as const) {
      for (const nth of [1, 2, 3, 4]) {
        simulate(
          { link: { readBytes: 1000 } },
          Effect.gen(function* () {
            const network = yield* SimulatedNetwork
            const { client, server } = yield* connect()
            yield* network.failOperation({ operation: "read", end: "s", nth, code })
            yield* client.write(pattern(3000))
            yield* client.end
            const chunks: Array<number> = []
            const error = yield* Effect.flip(
              Effect.forever(Effect.tap(server.read, (chunk) => Effect.sync(() => chunks.push(...chunk))))
            )
            assert.strictEqual("code" in error ? error.code : "Done", code)
            assert.deepStrictEqual(Uint8Array.from(chunks), pattern(3000).subarray(0, 1000 * (nth - 1)))
            assert.strictEqual(yield* server.closed, reason)
            assert.strictEqual((yield* readToError(client)).error.code, "ECONNRESET")
            yield* network.quiet
            assert.strictEqual(network.connectionCount().open, 0)
          })
        )
      }
    }
  })

  it("a fault that waits for the next read does not keep a network from coming to rest", () => {
    simulate(
      { link: { readBytes: 10 } },
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect({ server: { readAheadBytes: 10 } })
        yield* client.write(pattern(40))
        yield* server.readable
        yield* network.quiet
        server.quiesceUnsafe()
        yield* network.failOperation({ operation: "read", end: server, code: "EINTR", unprompted: true })
        yield* network.quiet
        assert.deepStrictEqual(yield* readAll(server), pattern(40))
        assert.strictEqual(server.inputEnd, "quiesced")
      })
    )
  })

  it("B.5 after EOF there are no reads that could fail", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        yield* client.end
        yield* readAll(server)
        const reads = network.operations("read")
        yield* network.failOperation({ operation: "read", end: "s", code: "EIO" })
        yield* client.abort
        yield* network.quiet
        assert.strictEqual(network.operations("read"), reads)
        assert.isUndefined(server.closeReason)
      })
    )
  })

  it("a quiescing connection counts no read beyond what it wants", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        yield* client.write(text("wanted"))
        yield* server.readable
        server.quiesceUnsafe()
        yield* network.quiet
        const reads = network.operations("read")
        yield* client.write(text("not wanted"))
        yield* network.quiet
        assert.strictEqual(network.operations("read"), reads)
      })
    )
  })
})

describe("write", () => {
  it("S53 FF-22 is accepted, and a turn later the connection is closed; what had arrived stays readable", () => {
    for (const [code, reason] of [
      ["EPIPE", "reset-received"],
      ["ECONNRESET", "reset-received"],
      ["ETIMEDOUT", "timeout"],
      ["EIO", "failed"]
    ] as const) {
      simulate(
        {},
        Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          const { client, server } = yield* connect()
          yield* client.write(text("last words"))
          yield* client.flush
          yield* network.quiet
          yield* network.failOperation({ operation: "write", end: "s1", nth: 2, code })
          yield* server.write(text("first"))
          yield* Effect.sync(() => {
            server.writeUnsafe(text("second"))
            assert.isUndefined(server.closeReason, "not inside the call")
            server.writeUnsafe(text("third"))
            server.endUnsafe()
          })
          assert.strictEqual(yield* server.closed, reason)
          assert.deepStrictEqual([server.failure?.operation, server.failure?.code], ["write", code])
          assert.strictEqual(server.queuedUnsafe(), "secondthird".length, "these bytes were never taken")
          assert.deepStrictEqual(yield* readAtLeast(server, 10), text("last words"))
          const { bytes, error } = yield* readToError(client)
          assert.deepStrictEqual([bytes, error.code], [text("first"), "ECONNRESET"])
          yield* network.quiet
          assert.strictEqual(network.connectionCount().open, 0)
        })
      )
    }
  })

  it("a write that would block is done a turn later, and nothing overtakes it", () => {
    for (const code of ["EAGAIN", "EWOULDBLOCK", "EINTR", "ENOBUFS"]) {
      simulate(
        {},
        Effect.gen(function* () {
          const network = yield* SimulatedNetwork
          const { client, server } = yield* connect()
          yield* network.failOperation({ operation: "write", code })
          yield* Effect.sync(() => {
            client.writeUnsafe(text("one "))
            client.writeUnsafe(text("two"))
            client.endUnsafe()
            assert.strictEqual(client.queuedUnsafe(), 7)
          })
          yield* client.flush
          assert.deepStrictEqual(yield* readAll(server), text("one two"))
          assert.isUndefined(client.closeReason)
        })
      )
    }
  })
})

describe("end and close", () => {
  it("FF-07 a failed end looks done, but its FIN leaves only with the close", () => {
    simulate(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        for (const close of ["release", "both ended"]) {
          const { client, server } = yield* connect()
          yield* network.failOperation({ operation: "end", end: "s", code: "ENOTCONN" })
          yield* server.write(text("all"))
          yield* server.end
          yield* server.flush
          yield* network.quiet
          assert.isUndefined(server.closeReason)
          assert.deepStrictEqual(yield* readAtLeast(client, 3), text("all"))
          const ending = yield* Effect.forkScoped(readAll(client), { startImmediately: true })
          yield* network.quiet
          assert.isUndefined(ending.pollUnsafe(), "no FIN")
          if (close === "release") yield* server.release
          else {
            yield* client.end
            yield* readAll(server)
            assert.strictEqual(yield* server.closed, "both-ended")
          }
          assert.strictEqual((yield* Fiber.join(ending)).length, 0)
          assert.strictEqual(client.inputEnd, "eof")
        }
      })
    )
  })

  it("a failed close gives the descriptor back all the same", () => {
    const outcome = outcomeOf(
      {},
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        yield* network.failOperation({ operation: "close", code: "EIO" })
        yield* server.release
        assert.strictEqual(yield* server.closed, "released")
        assert.isUndefined(server.failure)
        assert.strictEqual((yield* readAll(client)).length, 0)
        yield* client.abort
        yield* network.quiet
        assert.strictEqual(network.connectionCount().open, 0)
      })
    )
    resultOf(outcome)
    const failed = outcome.trace.entries.filter(({ event }) => "event" in event && event.event === "operationFailed")
    assert.deepStrictEqual(
      failed.map(({ event }) => event),
      [{ event: "operationFailed", end: "s1", operation: "close", code: "EIO" }]
    )
  })
})
