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
import type { NetworkOperation } from "@tidegate/testing/NetworkFaults"
import type { NetworkOptions } from "@tidegate/testing/NetworkOptions"
import { SimulatedNetwork } from "@tidegate/testing/SimulatedNetwork"
import { type Outcome, resultOf, run } from "@tidegate/testing/Simulation"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type { TransportError } from "tidegate/Errors"
import { Transport } from "tidegate/Transport"

type Program<A> = Effect.Effect<A, unknown, SimulatedNetwork | Transport | Scope.Scope>

const outcomeOf = <A>(program: Program<A>, options: NetworkOptions = {}): Outcome<A, unknown> =>
  run(Effect.provide(program, SimulatedNetwork.layer(options)), { maxSteps: 100_000 })

const simulate = <A>(program: Program<A>, options: NetworkOptions = {}): A => resultOf(outcomeOf(program, options))

const codeOf = <A, R>(effect: Effect.Effect<A, TransportError, R>): Effect.Effect<string, never, R> =>
  Effect.match(effect, { onFailure: (error) => `${error.operation} ${error.code}`, onSuccess: () => "ok" })

const endpoint = { host: "127.0.0.1", port: 7000 }

describe("listen and dial", () => {
  it("S82 a failed listen binds nothing, a failed dial sends nothing", () => {
    simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        yield* network.failOperation({ operation: "listen", code: "EACCES" })
        yield* network.failOperation({ operation: "dial", nth: 2, code: "EMFILE" })
        assert.strictEqual(yield* codeOf(listen(endpoint)), "listen EACCES")
        const listener = yield* listen(endpoint)
        assert.strictEqual(yield* codeOf(dial(endpoint)), "ok")
        assert.strictEqual(yield* codeOf(dial(endpoint)), "dial EMFILE")
        assert.strictEqual(yield* codeOf(dial(endpoint)), "ok")
        yield* network.quiet
        assert.strictEqual(listener.pendingUnsafe(), 2)
        assert.strictEqual(network.connectionCount().open, 4)
      })
    )
  })

  it("S37 S42 a failed accept costs one connection, or the listener", () => {
    simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const listener = yield* listen()
        yield* network.failOperation({ operation: "accept", end: "s2", code: "ECONNABORTED" })
        yield* network.failOperation({ operation: "accept", nth: 3, code: "EBADF" })
        const clients = yield* Effect.forEach([1, 2, 3], () => dial(listener))
        const results = yield* Effect.forEach([1, 2, 3], () => codeOf(listener.accept))
        assert.deepStrictEqual(results, ["ok", "accept ECONNABORTED", "accept EBADF"])
        for (const client of clients.slice(1)) assert.strictEqual((yield* readToError(client)).error.code, "ECONNRESET")
      })
    )
  })
})

describe("read", () => {
  it("S46 a read that would block is tried again and loses nothing", () => {
    simulate(
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
      }),
      { readBytes: 1000 }
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
          }),
          { readBytes: 1000 }
        )
      }
    }
  })

  it("a fault that waits for the next read does not keep a network from coming to rest", () => {
    simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect({ server: { readAheadBytes: 10 } })
        yield* client.write(pattern(40))
        yield* server.readable
        yield* network.quiet
        server.quiesceUnsafe()
        yield* network.failRead(server, "EINTR")
        yield* network.quiet
        assert.deepStrictEqual(yield* readAll(server), pattern(40))
        assert.strictEqual(server.inputEnd, "quiesced")
      }),
      { readBytes: 10 }
    )
  })

  it("B.5 after EOF there are no reads that could fail", () => {
    simulate(
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

describe("which one", () => {
  it("is counted from 1, over all that match, from when the fault was set", () => {
    simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { client, server } = yield* connect()
        assert.deepStrictEqual(
          (["listen", "dial", "accept", "read", "write", "end", "close"] as const).map(network.operations),
          [1, 1, 1, 0, 0, 0, 0]
        )
        yield* network.failOperation({ nth: 3, code: "EIO" })
        yield* client.write(text("a"))
        yield* server.readable
        yield* client.write(text("b"))
        assert.strictEqual(yield* client.closed, "failed")
        assert.strictEqual(network.operations(), 6)
      })
    )
  })

  it("each fault happens once, and two that meet happen one after the other", () => {
    simulate(
      Effect.gen(function* () {
        const network = yield* SimulatedNetwork
        const { dial, listen } = yield* Transport
        yield* listen(endpoint)
        yield* network.failOperation({ operation: "dial", code: "EMFILE" })
        yield* network.failOperation({ operation: "dial", code: "ENFILE" })
        const results = yield* Effect.forEach([1, 2, 3], () => codeOf(dial(endpoint)))
        assert.deepStrictEqual(results, ["dial EMFILE", "dial ENFILE", "ok"])
      })
    )
  })

  it("B7 has to be a whole number, 1 or more", () => {
    const nth = (value: number) => () =>
      simulate(Effect.flatMap(SimulatedNetwork, (network) => network.failOperation({ nth: value, code: "EIO" })))
    assert.throws(nth(0), "nth is 0, allowed is a whole number, 1 or more")
    assert.throws(nth(1.5), "nth is 1.5, allowed is a whole number, 1 or more")
  })
})

describe("every operation of an exchange", () => {
  const exchange = (nth: number | undefined, code: string) =>
    Effect.gen(function* () {
      const network = yield* SimulatedNetwork
      if (nth !== undefined) yield* network.failOperation({ nth, code })
      const session = Effect.gen(function* () {
        const { client, listener, server } = yield* connect()
        const serving = yield* Effect.forkScoped(
          Effect.gen(function* () {
            yield* server.write(yield* readAll(server))
            yield* server.end
            yield* server.flush
          }),
          { startImmediately: true }
        )
        yield* client.write(pattern(5000))
        yield* client.end
        const echoed = yield* readAll(client)
        yield* Fiber.join(serving)
        yield* listener.close
        return echoed.length
      })
      const echoed = yield* Effect.scoped(session).pipe(
        Effect.timeoutOrElse({ duration: 10_000, orElse: () => Effect.succeed("nothing came") }),
        Effect.catch((error) => Effect.succeed(`${error.operation} ${error.code}`))
      )
      yield* network.quiet
      assert.deepStrictEqual([network.connectionCount().open, network.listenerCount().open], [0, 0])
      return { echoed, operations: network.operations() }
    })

  const link = { latency: [0, 5], readBytes: 2000 } as const

  it("fails once: nothing hangs but what waits for a FIN that was not sent, and nothing is left open", () => {
    const whole = simulate(exchange(undefined, ""), { link })
    assert.strictEqual(whole.echoed, 5000)
    const seen = new Set<unknown>()
    for (let nth = 1; nth <= whole.operations; nth++) {
      for (const code of ["EIO", "EPIPE", "EMFILE", "EAGAIN"]) {
        const outcome = outcomeOf(exchange(nth, code), { link })
        const { echoed } = resultOf(outcome)
        seen.add(echoed)
        const failed = outcome.trace.entries.flatMap(({ event }) =>
          "event" in event && event.event === "operationFailed" ? [event.operation] : []
        )
        assert.strictEqual(failed.length, 1, `operation ${nth}`)
        const harmless: ReadonlyArray<NetworkOperation> = [
          "close",
          ...(code === "EAGAIN" ? (["read", "write"] as const) : [])
        ]
        const [operation] = failed
        if (operation !== undefined && harmless.includes(operation)) assert.strictEqual(echoed, 5000)
        else if (operation !== "end") assert.notStrictEqual(echoed, "nothing came", `${operation} ${code}`)
      }
    }
    assert.include([...seen], "nothing came")
    for (const operation of ["listen", "dial", "accept", "read", "write"]) {
      assert.isTrue(
        [...seen].some((echoed) => String(echoed).startsWith(operation)),
        operation
      )
    }
  })
})
